"""Pair classification: how well similarity separates positive from negative pairs."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import DataError
from tunesmith.evaluation.item_scores import Values, Weights, standardise, value
from tunesmith.evaluation.weighted_metrics import (
    Order,
    precision_and_recall,
    weighted_average_precision,
    weighted_best_f1,
)
from tunesmith.vectors.similarity import Metric, pairwise_similarity

AVERAGE_PRECISION = "average precision"
BEST_F1 = "best F1"


@dataclass(frozen=True, eq=False)
class PairClassificationResult:
    """One model's similarities of n pairs: :class:`~tunesmith.evaluation.ItemScores`.

    Parameters
    ----------
    similarities
        Similarity of each pair, shape (n,).
    positive
        Whether each pair is positive, bool, shape (n,).
    """

    similarities: Values
    positive: NDArray[np.bool_]

    @property
    def metrics(self) -> tuple[str, ...]:
        """Average precision and the best F1."""
        return AVERAGE_PRECISION, BEST_F1

    def __len__(self) -> int:
        return len(self.positive)

    def less_is_better(self, metric: str) -> bool:
        """Return False: higher values are better."""
        del metric
        return False

    def values(self, metric: str, weights: Weights) -> Values:
        """Return the average precision or best F1 for each row of weights."""
        function = weighted_best_f1 if metric == BEST_F1 else weighted_average_precision
        return function(self._order, self.positive, weights)

    def swapped(self, other: Self, rows: NDArray[np.bool_]) -> Self:
        """Return these similarities with another model's in some rows, both standardised."""
        theirs, own = standardise(other.similarities), standardise(self.similarities)
        return type(self)(np.where(rows, theirs, own), self.positive)

    @property
    def average_precision(self) -> float:
        """The average precision, equal to scikit-learn's."""
        return value(self, AVERAGE_PRECISION)

    @property
    def best_f1(self) -> tuple[float, float]:
        """The highest F1 over all thresholds, and the similarity threshold that gives it."""
        ones = np.ones((1, len(self)), dtype=np.float32)
        precision, recall = precision_and_recall(self._order, self.positive, ones)
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        thresholds = self.similarities[self._order.order[self._order.starts]][::-1]
        return float(f1.max()), float(thresholds[f1[0].argmax()])

    @cached_property
    def _order(self) -> Order:
        return Order.of(self.similarities)


def evaluate_pair_classification(
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    positive: NDArray[np.integer] | NDArray[np.bool_],
    measure: Metric = "cosine",
) -> PairClassificationResult:
    """Score the similarity of pairs of vectors against binary labels.

    Parameters
    ----------
    left, right
        Vectors of the two texts of each pair, shape (n, d).
    positive
        Labels, 1 for positive pairs and 0 for negative ones, shape (n,).
    measure
        Similarity measure.

    Raises
    ------
    DataError
        All pairs have the same label.

    Examples
    --------
    >>> left = np.float32([[1, 0], [1, 0], [1, 0]])
    >>> right = np.float32([[1, 0], [1, 1], [0, 1]])
    >>> evaluate_pair_classification(left, right, np.array([1, 1, 0])).average_precision
    1.0
    """
    labels = checked_labels(positive)
    return PairClassificationResult(
        pairwise_similarity(left, right, measure).astype(np.float64), labels
    )


def checked_labels(positive: NDArray[np.integer] | NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the labels as bool; raise a DataError if all are the same."""
    labels = np.asarray(positive).astype(bool)
    if labels.all() or not labels.any():
        kind = "positive" if labels.all() else "negative"
        raise DataError(f"all {len(labels)} pairs are {kind}: both kinds of pairs are needed")
    return labels
