"""How well similarities tell pairs that belong together from pairs that do not."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import DataError
from tunesmith.evaluation.item_scores import Values, Weights, standardised, value
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
        Of each pair, shape (n,); more is more alike.
    alike
        Whether they belong together, bool, shape (n,).
    """

    similarities: Values
    alike: NDArray[np.bool_]

    @property
    def metrics(self) -> tuple[str, ...]:
        """Average precision and the best F1."""
        return AVERAGE_PRECISION, BEST_F1

    def __len__(self) -> int:
        return len(self.alike)

    def less_is_better(self, metric: str) -> bool:
        """Return False."""
        del metric
        return False

    def values(self, metric: str, weights: Weights) -> Values:
        """Return average precision or the best F1 for each row of weights."""
        function = weighted_best_f1 if metric == BEST_F1 else weighted_average_precision
        return function(self._order, self.alike, weights)

    def swapped(self, other: Self, rows: NDArray[np.bool_]) -> Self:
        """Return these similarities with another model's in some rows, both standardised."""
        theirs, own = standardised(other.similarities), standardised(self.similarities)
        return type(self)(np.where(rows, theirs, own), self.alike)

    @property
    def average_precision(self) -> float:
        """The area under precision over recall, as scikit-learn computes it."""
        return value(self, AVERAGE_PRECISION)

    @property
    def best_f1(self) -> tuple[float, float]:
        """The highest F1, and the similarity from which a pair must be taken for alike."""
        ones = np.ones((1, len(self)), dtype=np.float32)
        precision, recall = precision_and_recall(self._order, self.alike, ones)
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        borders = self.similarities[self._order.order[self._order.starts]][::-1]
        return float(f1.max()), float(borders[f1[0].argmax()])

    @cached_property
    def _order(self) -> Order:
        return Order.of(self.similarities)


def evaluate_judged(
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    alike: NDArray[np.integer] | NDArray[np.bool_],
    measure: Metric = "cosine",
) -> PairClassificationResult:
    """Compare pairs of vectors with the judgement whether they belong together.

    Parameters
    ----------
    left, right
        The vectors of each pair's two texts, shape (n, d).
    alike
        1 or 0, shape (n,).
    measure
        Of similarity.

    Raises
    ------
    DataError
        All pairs are judged the same: nothing can be told apart.

    Examples
    --------
    >>> left = np.float32([[1, 0], [1, 0], [1, 0]])
    >>> right = np.float32([[1, 0], [1, 1], [0, 1]])
    >>> evaluate_judged(left, right, np.array([1, 1, 0])).average_precision
    1.0
    """
    judged = checked_judgements(alike)
    return PairClassificationResult(
        pairwise_similarity(left, right, measure).astype(np.float64), judged
    )


def checked_judgements(alike: NDArray[np.integer] | NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the judgements as bool, or raise what :func:`evaluate_judged` does."""
    judged = np.asarray(alike).astype(bool)
    if judged.all() or not judged.any():
        raise DataError(
            f"all {len(judged)} pairs are judged the same: there is nothing to tell apart"
        )
    return judged
