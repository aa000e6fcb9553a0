"""Per-item scores, from which a metric is computed for any weighting of the items.

The weight of an item is how often it counts: all ones give the metric itself, multinomial counts
give a bootstrap resample. So a resample costs one pass over the items.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import UsageError

Weights = NDArray[np.float32]
Values = NDArray[np.float64]


class ItemScores(Protocol):
    """Scores of one model on n items, kept per item so that two models can be paired.

    Examples
    --------
    >>> scores = MeanScores({"accuracy": np.array([1.0, 0.0, 1.0])})
    >>> scores.metrics, scores.values("accuracy", np.float32([[1, 1, 0], [2, 0, 1]])).tolist()
    (('accuracy',), [0.5, 1.0])
    """

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics, the headline metric first."""
        ...

    def __len__(self) -> int:
        """Return the number of items."""
        ...

    def less_is_better(self, metric: str) -> bool:
        """Whether lower values of a metric are better."""
        ...

    def values(self, metric: str, weights: Weights) -> Values:
        """Return the metric for each row of weights (resamples, n), shape (resamples,)."""
        ...

    def swapped(self, other: Self, rows: NDArray[np.bool_]) -> Self:
        """Return these scores with those of another model in some rows, shape (n,)."""
        ...


def value(scores: ItemScores, metric: str) -> float:
    """Return the metric over all items.

    Examples
    --------
    >>> value(MeanScores({"accuracy": np.array([1.0, 0.0, 1.0, 1.0])}), "accuracy")
    0.75
    """
    return float(scores.values(metric, np.ones((1, len(scores)), dtype=np.float32))[0])


@dataclass(frozen=True, eq=False)
class MeanScores:
    """Scores whose metrics are means over the items.

    Parameters
    ----------
    items
        Score of each item for each metric, float64, shape (n,).

    Examples
    --------
    >>> value(MeanScores({"accuracy": np.array([1.0, 0.0])}), "accuracy")
    0.5
    """

    items: Mapping[str, Values]

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics."""
        return tuple(self.items)

    def __len__(self) -> int:
        return len(next(iter(self.items.values())))

    def less_is_better(self, metric: str) -> bool:
        """Return False: higher values are better."""
        del metric
        return False

    def values(self, metric: str, weights: Weights) -> Values:
        """Return the weighted mean for each row of weights."""
        wide = weights.astype(np.float64)
        return np.asarray(wide @ self.items[metric] / np.maximum(wide.sum(axis=1), 1))

    def swapped(self, other: Self, rows: NDArray[np.bool_]) -> Self:
        """Return these scores with those of another model in some rows."""
        mixed = {name: np.where(rows, other.items[name], own) for name, own in self.items.items()}
        return type(self)(mixed)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> "MeanScores":
        """Return the scores of some items.

        Raises
        ------
        UsageError
            No item is selected.
        """
        taken = {name: own[rows] for name, own in self.items.items()}
        if not len(next(iter(taken.values()))):
            raise UsageError("no items are selected, so there is no mean")
        return MeanScores(taken)


@dataclass(frozen=True, eq=False)
class JointScores:
    """Several scores of the same items combined; the headline metric is that of the first part.

    Parameters
    ----------
    parts
        Scores with different metrics.

    Examples
    --------
    >>> hits, ranks = (MeanScores({name: np.array([1.0, 0.0])}) for name in ("hits", "ranks"))
    >>> JointScores((hits, ranks)).metrics
    ('hits', 'ranks')
    """

    parts: tuple[ItemScores, ...]

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of all parts' metrics."""
        return tuple(name for part in self.parts for name in part.metrics)

    def __len__(self) -> int:
        return len(self.parts[0])

    def less_is_better(self, metric: str) -> bool:
        """Whether lower values of a metric are better."""
        return self.part(metric).less_is_better(metric)

    def values(self, metric: str, weights: Weights) -> Values:
        """Return the metric for each row of weights."""
        return self.part(metric).values(metric, weights)

    def swapped(self, other: Self, rows: NDArray[np.bool_]) -> Self:
        """Return these scores with those of another model in some rows."""
        pairs = zip(self.parts, other.parts, strict=True)
        return type(self)(tuple(own.swapped(theirs, rows) for own, theirs in pairs))

    def part(self, metric: str) -> ItemScores:
        """Return the part that contains a metric."""
        return next(part for part in self.parts if metric in part.metrics)


@dataclass(frozen=True, eq=False)
class FoldedScores:
    """Scores of the models of several folds, each on its own items; metrics are averaged.

    Similarities of different models are not on one scale, so a correlation over the items of all
    folds would mix them. A fold counts as much as its items weigh.

    Parameters
    ----------
    parts
        Scores of each fold.

    Examples
    --------
    >>> parts = [MeanScores({"hits": np.array(own)}) for own in ([1.0, 0.0], [1.0, 1.0])]
    >>> value(FoldedScores(tuple(parts)), "hits")
    0.75
    """

    parts: tuple[ItemScores, ...]

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics."""
        return self.parts[0].metrics

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def less_is_better(self, metric: str) -> bool:
        """Whether lower values of a metric are better."""
        return self.parts[0].less_is_better(metric)

    def values(self, metric: str, weights: Weights) -> Values:
        """Return the mean over the folds for each row of weights."""
        columns = np.split(weights, self._starts, axis=1)
        sizes = np.stack([own.sum(axis=1, dtype=np.float64) for own in columns])
        own = [part.values(metric, part_weights) for part, part_weights in self._with(columns)]
        values = np.stack(own)
        sizes[np.isnan(values)] = 0  # such as a correlation of equal scores
        return np.asarray((sizes * np.nan_to_num(values)).sum(axis=0) / sizes.sum(axis=0))

    def swapped(self, other: Self, rows: NDArray[np.bool_]) -> Self:
        """Return these scores with those of another model in some rows."""
        swaps = zip(self.parts, other.parts, np.split(rows, self._starts), strict=True)
        return type(self)(tuple(own.swapped(theirs, mine) for own, theirs, mine in swaps))

    @property
    def _starts(self) -> NDArray[np.int64]:
        return np.cumsum([len(part) for part in self.parts])[:-1]

    def _with(self, columns: list[Weights]) -> "zip[tuple[ItemScores, Weights]]":
        return zip(self.parts, columns, strict=True)


def standardise(values: Values) -> Values:
    """Return values with mean 0 and standard deviation 1, so that two models can be mixed."""
    deviation = float(values.std())
    return np.asarray((values - values.mean()) / (deviation if deviation > 0 else 1.0))
