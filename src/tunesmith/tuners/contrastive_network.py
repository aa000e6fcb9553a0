"""The linear map of the contrastive tuner, trained on all pairs of a batch."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from tunesmith.tuners.history import TrainingState
from tunesmith.tuners.training import Network, Rows

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

    def batches(self, rows: Rows, size: int) -> Iterator[Tensor]:
        """Yield batches in which rows of a class come together."""
        if rows.goal.ndim == 2:
            yield from super().batches(rows, size)
        else:
            yield from torch.split(grouped_order(rows.goal, _TOGETHER, self.random), size)

    def loss(self, batch: Rows) -> Tensor | None:
        """Return the mean loss of the batch's pairs that are alike; None where there are none."""
        relations = relate(batch.goal)
        first, second = torch.nonzero(relations.alike, as_tuple=True)
        if not len(first) or not bool(relations.different.any()):
            return None
        vectors = torch.addmm(self.weights[BIAS], batch.vectors, self.weights[WEIGHT].T)
        unit = normalize(vectors, dim=1)
        scores = torch.exp(unit @ unit.T / self._contrast.temperature)
        opponents = relations.different.sum(dim=1).clamp(min=1)
        negatives = self._contrast.n_neg * (scores * relations.different).sum(dim=1) / opponents
        losses = torch.log1p(negatives[first] / scores[first, second])
        return (losses * _anchor_weights(batch)[first]).mean()


@dataclass(frozen=True, eq=False)
class Relations:
    """Which rows are alike and which different, Boolean, shapes (n, n); unknown is neither."""

    alike: Tensor
    different: Tensor


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
    itself = torch.eye(len(goal), dtype=torch.bool, device=goal.device)
    if goal.ndim == 1:
        same = goal[:, None] == goal
        return Relations(same & ~itself, ~same)
    has, lacks = (goal == 1).float(), (goal == 0).float()
    share = has @ has.T > 0
    differ = has @ lacks.T + lacks @ has.T > 0
    return Relations(share & ~itself, differ & ~share & ~itself)


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
