"""The linear map of the contrastive tuner, trained on all pairs of a batch.

The gradients are written out, for a step is short: recording it would take as long as computing it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from tunesmith.tuners.networks.history import TrainingState
from tunesmith.tuners.networks.training import Network, Rows

WEIGHT, BIAS = "map.weight", "map.bias"
_TOGETHER = 4  # rows of a class that come into a batch together


@dataclass(frozen=True)
class Contrast:
    """How negatives count; see ``ContrastiveTuner``."""

    n_neg: float
    temperature: float


class ContrastiveNetwork(Network[Rows]):
    """One linear layer, and the contrastive loss over all pairs of a batch."""

    def __init__(
        self, state: TrainingState, device: torch.device, seed: int, contrast: Contrast
    ) -> None:
        super().__init__(state, {}, device, seed)
        self._contrast = contrast
        for weight in self.weights.values():
            weight.requires_grad_(False)

    def batches(self, rows: Rows, size: int) -> Iterator[Tensor]:
        """Yield batches in which rows of a class come together."""
        if rows.goal.ndim == 2:
            yield from super().batches(rows, size)
        else:
            yield from torch.split(grouped_order(rows.goal, _TOGETHER, self.random), size)

    def loss(self, batch: Rows) -> Tensor | None:
        """Return the mean loss of the batch's pairs that are alike; None where there are none."""
        relations = relate(batch.goal)
        if not relations.teach:
            return None
        scores = self._scores(normalize(self._mapped(batch), dim=1))
        negatives = self._negatives(scores, relations)
        losses = torch.log1p(negatives[:, None] / scores) * relations.alike
        return (losses.sum(dim=1) * self._shares(batch, relations)).sum()

    @torch.no_grad()
    def backward(self, batch: Rows) -> Tensor | None:
        """Put the gradients into the weights' ``grad``, and return the loss.

        With the exponentials E of the scaled cosines, the sums N of the negatives and the share w
        of each anchor, the loss of a pair is log(1 + N / E). Its slope with respect to the pair's
        own scaled cosine is -w N / (E + N), and with respect to N it is w / (E + N).
        """
        relations = relate(batch.goal)
        if not relations.teach:
            return None
        mapped = self._mapped(batch)
        lengths = mapped.norm(dim=1, keepdim=True).clamp_(min=1e-12)
        unit = mapped / lengths
        scores = self._scores(unit)
        negatives, shares = self._negatives(scores, relations), self._shares(batch, relations)
        losses = torch.log1p(negatives[:, None] / scores) * relations.alike
        parts = shares[:, None] * relations.alike / (scores + negatives[:, None])
        each = self._contrast.n_neg * parts.sum(dim=1) / relations.opponents
        slopes = each[:, None] * scores * relations.different - negatives[:, None] * parts
        back = (slopes + slopes.T) @ unit / self._contrast.temperature
        back -= unit * (unit * back).sum(dim=1, keepdim=True)
        back /= lengths
        self.weights[WEIGHT].grad = back.T @ batch.vectors
        self.weights[BIAS].grad = back.sum(dim=0)
        return (losses.sum(dim=1) * shares).sum()

    def _mapped(self, batch: Rows) -> Tensor:
        return torch.addmm(self.weights[BIAS], batch.vectors, self.weights[WEIGHT].T)

    def _scores(self, unit: Tensor) -> Tensor:
        return torch.exp(unit @ unit.T / self._contrast.temperature)

    def _negatives(self, scores: Tensor, relations: "Relations") -> Tensor:
        """Return ``n_neg`` times the mean score of each row's opponents, shape (b,)."""
        summed = (scores * relations.different).sum(dim=1)
        return self._contrast.n_neg * summed / relations.opponents

    def _shares(self, batch: Rows, relations: "Relations") -> Tensor:
        """Return by how much each row's pairs count, shape (b,)."""
        return _anchor_weights(batch) / relations.alike.sum()


@dataclass(frozen=True, eq=False)
class Relations:
    """Which rows are alike and which different, 1 or 0, shapes (n, n); unknown is neither."""

    alike: Tensor
    different: Tensor

    @property
    def teach(self) -> bool:
        """Whether there are pairs of both sorts."""
        return bool(self.alike.any()) and bool(self.different.any())

    @property
    def opponents(self) -> Tensor:
        """How many rows differ from each, 1 at least, shape (n,)."""
        return self.different.sum(dim=1).clamp_(min=1)


def relate(goal: Tensor) -> Relations:
    """Return the relations of rows with class numbers (n,), or with 1, 0 and NaN (n, labels).

    With several labels, rows that share one are alike; of the others, those are different of
    which one is known to have a label that the other is known not to have. No row is paired
    with itself.

    Examples
    --------
    >>> relate(torch.tensor([0, 0, 1])).alike.int().tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    """
    if goal.ndim == 1:
        same = (goal[:, None] == goal).float()
        return Relations(same.clone().fill_diagonal_(0), 1 - same)
    has, lacks = (goal == 1).float(), (goal == 0).float()
    share = (has @ has.T > 0).float()
    differ = (has @ lacks.T + lacks @ has.T > 0).float() * (1 - share)
    return Relations(share.fill_diagonal_(0), differ.fill_diagonal_(0))


def grouped_order(classes: Tensor, together: int, random: torch.Generator) -> Tensor:
    """Return all row numbers once, in random order, but some of each class together.

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
    groups = (sizes // together).clamp(min=1)
    own = (groups.cumsum(0) - groups)[classes[rows]] + rank * groups[classes[rows]] // sizes[
        classes[rows]
    ]
    place = torch.rand(int(groups.sum()), generator=random, device=rows.device)
    return rows[torch.argsort(place[own], stable=True)]


def _anchor_weights(batch: Rows) -> Tensor:
    """Return the weight of each row; with several labels the mean of its known ones."""
    if batch.weights.ndim == 1:
        return batch.weights
    known = torch.isfinite(batch.goal)
    return (batch.weights * known).sum(dim=1) / known.sum(dim=1).clamp(min=1)
