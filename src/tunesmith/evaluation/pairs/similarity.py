"""Semantic textual similarity: correlation of the similarity of pairs with human scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self, get_args

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import DataError
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.item_scores import Values, Weights, standardise, value
from tunesmith.evaluation.weighted_metrics import Order, weighted_pearson, weighted_spearman
from tunesmith.results.summary import Change
from tunesmith.vectors.similarity import Metric, pairwise_similarity

FEWEST_PAIRS = 3
CORRELATIONS = ("Spearman", "Pearson")
MEASURES: tuple[Metric, ...] = get_args(Metric)


@dataclass(frozen=True, eq=False)
class SimilarityResult:
    """One model's similarities of n pairs: :class:`~tunesmith.evaluation.ItemScores`.

    Parameters
    ----------
    similarities
        Similarity of each pair under each measure, shape (n,).
    scores
        Human similarity scores, shape (n,).
    """

    similarities: dict[Metric, Values]
    scores: Values

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics, such as ``"Spearman, cosine"``."""
        return tuple(f"{name}, {measure}" for measure in self.similarities for name in CORRELATIONS)

    def __len__(self) -> int:
        return len(self.scores)

    def less_is_better(self, metric: str) -> bool:
        """Return False: higher values are better."""
        del metric
        return False

    def values(self, metric: str, weights: Weights) -> Values:
        """Return the correlation for each row of weights."""
        name, measure = metric.split(", ")
        if name == "Spearman":
            return weighted_spearman(self._orders[measure], self._scores_order, weights)
        return weighted_pearson(self.similarities[measure], self.scores, weights)  # type: ignore[index]  # every metric is one of its keys

    def swapped(self, other: Self, rows: NDArray[np.bool_]) -> Self:
        """Return these similarities with another model's in some rows, both standardised."""
        mixed = {
            measure: np.where(rows, standardise(other.similarities[measure]), standardise(own))
            for measure, own in self.similarities.items()
        }
        return type(self)(mixed, self.scores)

    def pearson(self, measure: Metric = "cosine") -> float:
        """Return Pearson's correlation of the similarities with the scores."""
        return value(self, f"Pearson, {measure}")

    def spearman(self, measure: Metric = "cosine") -> float:
        """Return Spearman's correlation of the similarities with the scores."""
        return value(self, f"Spearman, {measure}")

    @cached_property
    def _orders(self) -> dict[str, Order]:
        return {measure: Order.of(own) for measure, own in self.similarities.items()}

    @cached_property
    def _scores_order(self) -> Order:
        return Order.of(self.scores)


def evaluate_similarity(
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    scores: NDArray[np.floating],
    measures: Sequence[Metric] = MEASURES,
) -> SimilarityResult:
    """Correlate the similarity of pairs of vectors with scores.

    Parameters
    ----------
    left, right
        Vectors of the two texts of each pair, shape (n, d).
    scores
        Similarity scores on any scale, shape (n,).
    measures
        Similarity measures; by default cosine, dot product, Euclidean and Manhattan.

    Raises
    ------
    DataError
        There are fewer than three pairs, a score is not finite, or all scores are equal.

    Examples
    --------
    >>> left = np.float32([[1, 0], [1, 0], [1, 0]])
    >>> right = np.float32([[1, 0], [1, 1], [0, 1]])
    >>> round(evaluate_similarity(left, right, np.array([1.0, 0.6, 0.0])).spearman(), 3)
    1.0
    """
    given = checked_scores(scores)
    measured = {
        measure: pairwise_similarity(left, right, measure).astype(np.float64)
        for measure in measures
    }
    return SimilarityResult(measured, given)


def checked_scores(scores: NDArray[np.floating]) -> Values:
    """Return the scores as float64; raise a DataError if they cannot be correlated."""
    given = np.asarray(scores, dtype=np.float64)
    if len(given) < FEWEST_PAIRS:
        raise DataError(
            f"{len(given)} scored pairs are too few", hint=f"give at least {FEWEST_PAIRS}"
        )
    if not np.isfinite(given).all():
        raise DataError(
            f"the score of pair {int(np.argmin(np.isfinite(given))) + 1} is missing or not finite"
        )
    if (given == given[0]).all():
        raise DataError(
            f"all {len(given)} pairs have the score {given[0]:g}: scores must differ to be "
            "correlated"
        )
    return given


def compare_similarity(
    base: SimilarityResult,
    tuned: SimilarityResult,
    *,
    correlation: str = "Spearman",
    measure: Metric = "cosine",
    seed: int = 0,
) -> Change:
    """Return the change of a correlation between two models, with its 95% confidence interval.

    Parameters
    ----------
    base, tuned
        Results of the two models on the same pairs.
    correlation
        ``"Spearman"`` or ``"Pearson"``.
    measure
        Similarity measure.
    seed
        Random seed for resampling.
    """
    return Comparison(base, tuned, seed).change(f"{correlation}, {measure}")
