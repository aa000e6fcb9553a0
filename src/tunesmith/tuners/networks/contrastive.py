"""The linear map of the contrastive tuner, trained on all pairs of a batch.

Gradients are computed by hand: for such short steps autograd would double the time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from tunesmith.tuners.networks.history import TrainingState
from tunesmith.tuners.networks.training import Network, Rows

WEIGHT, BIAS = "map.weight", "map.bias"
_GROUP_SIZE = 4  # rows of a class placed together in a batch


@dataclass(frozen=True)
class Contrast:
    """Parameters of the contrastive loss; see ``ContrastiveTuner``.

    Examples
    --------
    >>> Contrast(n_neg=3, temperature=0.1).temperature
    0.1
    """

    n_neg: float
    temperature: float


class ContrastiveNetwork(Network[Rows]):
    """One linear layer, and the contrastive loss over all pairs of a batch.

    Examples
    --------
    >>> state = TrainingState((), {WEIGHT: torch.eye(2).numpy(), BIAS: torch.zeros(2).numpy()})
    >>> network = ContrastiveNetwork(state, torch.device("cpu"), 0, Contrast(3, temperature=1.0))
    >>> rows = Rows(torch.eye(2)[[0, 0, 1]], torch.tensor([0, 0, 1]), torch.ones(3))
    >>> round(network.loss(rows).item(), 2)
    0.74
    """

    def __init__(
        self, state: TrainingState, device: torch.device, seed: int, contrast: Contrast
    ) -> None:
        super().__init__(state, {}, device, seed)
        self._contrast = contrast
        for weight in self.weights.values():
            weight.requires_grad_(False)

    def batches(self, rows: Rows, size: int) -> Iterator[Tensor]:
        """Yield batches in which rows of a class are placed together."""
        if rows.goal.ndim == 2:
            yield from super().batches(rows, size)
        else:
            yield from torch.split(grouped_order(rows.goal, _GROUP_SIZE, self.random), size)

    def loss(self, batch: Rows) -> Tensor | None:
        """Return the mean loss of the batch's positive pairs; None without contrast."""
        relations = relate(batch.goal)
        if not relations.has_contrast:
            return None
        scores = self._scores(normalize(self._apply_map(batch), dim=1))
        negatives = self._negatives(scores, relations)
        losses = torch.log1p(negatives[:, None] / scores) * relations.positive
        return (losses.sum(dim=1) * self._shares(batch, relations)).sum()

    @torch.no_grad()
    def backward(self, batch: Rows) -> Tensor | None:
        """Set the weights' ``grad``, and return the loss.

        With the exponentials E of the scaled cosines, the sums N of the negatives and the weight w
        of each anchor, the loss of a pair is log(1 + N / E). Its derivative with respect to the
        pair's own scaled cosine is -w N / (E + N), and with respect to N it is w / (E + N).
        """
        relations = relate(batch.goal)
        if not relations.has_contrast:
            return None
        mapped = self._apply_map(batch)
        lengths = mapped.norm(dim=1, keepdim=True).clamp_(min=1e-12)
        unit = mapped / lengths
        scores = self._scores(unit)
        negatives, shares = self._negatives(scores, relations), self._shares(batch, relations)
        losses = torch.log1p(negatives[:, None] / scores) * relations.positive
        parts = shares[:, None] * relations.positive / (scores + negatives[:, None])
        each = self._contrast.n_neg * parts.sum(dim=1) / relations.n_negatives
        slopes = each[:, None] * scores * relations.negative - negatives[:, None] * parts
        back = (slopes + slopes.T) @ unit / self._contrast.temperature
        back -= unit * (unit * back).sum(dim=1, keepdim=True)
        back /= lengths
        self.weights[WEIGHT].grad = back.T @ batch.vectors
        self.weights[BIAS].grad = back.sum(dim=0)
        return (losses.sum(dim=1) * shares).sum()

    def _apply_map(self, batch: Rows) -> Tensor:
        return torch.addmm(self.weights[BIAS], batch.vectors, self.weights[WEIGHT].T)

    def _scores(self, unit: Tensor) -> Tensor:
        return torch.exp(unit @ unit.T / self._contrast.temperature)

    def _negatives(self, scores: Tensor, relations: "Relations") -> Tensor:
        """Return ``n_neg`` times the mean score of each row's negatives, shape (b,)."""
        summed = (scores * relations.negative).sum(dim=1)
        return self._contrast.n_neg * summed / relations.n_negatives

    def _shares(self, batch: Rows, relations: "Relations") -> Tensor:
        """Return the weight of each row's pairs, shape (b,)."""
        return _anchor_weights(batch) / relations.positive.sum()


@dataclass(frozen=True, eq=False)
class Relations:
    """Positive and negative pairs of rows, 1 or 0, shapes (n, n); unknown pairs are neither."""

    positive: Tensor
    negative: Tensor

    @property
    def has_contrast(self) -> bool:
        """Whether there are both positive and negative pairs."""
        return bool(self.positive.any()) and bool(self.negative.any())

    @property
    def n_negatives(self) -> Tensor:
        """The number of negatives of each row, at least 1, shape (n,)."""
        return self.negative.sum(dim=1).clamp_(min=1)


def relate(goal: Tensor) -> Relations:
    """Return the relations of rows with class indices (n,), or with 1, 0 and NaN (n, labels).

    For multi-label data, rows that share a label are positive. Other rows are negative if one is
    known to have a label that the other is known not to have. No row is paired with itself.

    Examples
    --------
    >>> relate(torch.tensor([0, 0, 1])).positive.int().tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    """
    if goal.ndim == 1:
        same = (goal[:, None] == goal).float()
        return Relations(same.clone().fill_diagonal_(0), 1 - same)
    has, lacks = (goal == 1).float(), (goal == 0).float()
    positive = (has @ has.T > 0).float()
    negative = (has @ lacks.T + lacks @ has.T > 0).float() * (1 - positive)
    return Relations(positive.fill_diagonal_(0), negative.fill_diagonal_(0))


def grouped_order(classes: Tensor, group_size: int, random: torch.Generator) -> Tensor:
    """Return all row indices in random order, with groups of rows of a class placed together.

    Examples
    --------
    >>> order = grouped_order(torch.tensor([0, 1, 0, 1]), 2, torch.Generator().manual_seed(0))
    >>> sorted(order[:2].tolist()) in ([0, 2], [1, 3])
    True
    """
    shuffled = torch.randperm(len(classes), generator=random, device=classes.device)
    rows = shuffled[torch.argsort(classes[shuffled], stable=True)]
    sizes = torch.bincount(classes)
    rank = torch.arange(len(rows), device=rows.device) - (sizes.cumsum(0) - sizes)[classes[rows]]
    groups = (sizes // group_size).clamp(min=1)
    own = (groups.cumsum(0) - groups)[classes[rows]] + rank * groups[classes[rows]] // sizes[
        classes[rows]
    ]
    position = torch.rand(int(groups.sum()), generator=random, device=rows.device)
    return rows[torch.argsort(position[own], stable=True)]


def _anchor_weights(batch: Rows) -> Tensor:
    """Return the weight of each row; for multi-label data, the mean over its known labels."""
    if batch.weights.ndim == 1:
        return batch.weights
    known = torch.isfinite(batch.goal)
    return (batch.weights * known).sum(dim=1) / known.sum(dim=1).clamp(min=1)
