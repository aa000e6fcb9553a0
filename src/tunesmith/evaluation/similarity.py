"""How well similarities of pairs agree with the scores that people gave them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from tunesmith.errors import DataError
from tunesmith.evaluation.compare import paired_change
from tunesmith.results import Change
from tunesmith.vectors import Metric, pairwise_similarity

Values = NDArray[np.float64]
FEWEST_PAIRS = 3


@dataclass(frozen=True, eq=False)
class SimilarityResult:
    """One model's similarities of n pairs, item by item, so that two models can be paired.

    Parameters
    ----------
    similarities
        For each measure the similarity of each pair, shape (n,); more is more alike.
    scores
        What people gave, shape (n,).
    """

    similarities: dict[Metric, Values]
    scores: Values

    def pearson(self, measure: Metric = "cosine") -> float:
        """Return Pearson's correlation of a measure with the scores."""
        return _pearson(self.similarities[measure], self.scores)

    def spearman(self, measure: Metric = "cosine") -> float:
        """Return Spearman's correlation of a measure with the scores."""
        return _spearman(self.similarities[measure], self.scores)

    def table(self) -> dict[str, float]:
        """Return both correlations for every measure, by names such as ``"Spearman, cosine"``."""
        return {
            f"{name}, {measure}": function(values, self.scores)
            for name, function in CORRELATIONS.items()
            for measure, values in self.similarities.items()
        }


def evaluate_similarity(
    left: NDArray[np.float32], right: NDArray[np.float32], scores: NDArray[np.floating]
) -> SimilarityResult:
    """Compare pairs of vectors with scores, by cosine, dot product, Euclid and Manhattan.

    Parameters
    ----------
    left, right
        The vectors of each pair's two texts, shape (n, d).
    scores
        How alike they are, on any scale, shape (n,).

    Raises
    ------
    DataError
        There are fewer than three pairs, a score is not finite, or all are equal: nothing can be
        correlated with them.

    Examples
    --------
    >>> left = np.float32([[1, 0], [1, 0], [1, 0]])
    >>> right = np.float32([[1, 0], [1, 1], [0, 1]])
    >>> round(evaluate_similarity(left, right, np.array([1.0, 0.6, 0.0])).spearman(), 3)
    1.0
    """
    given = np.asarray(scores, dtype=np.float64)
    if len(given) < FEWEST_PAIRS:
        raise DataError(f"{len(given)} scored pairs are too few: give {FEWEST_PAIRS} at least")
    if not np.isfinite(given).all():
        raise DataError(f"the score of pair {int(np.argmin(np.isfinite(given))) + 1} is missing")
    if (given == given[0]).all():
        raise DataError(f"all {len(given)} pairs have the score {given[0]:g}: nothing to order")
    measured = {
        measure: pairwise_similarity(left, right, measure).astype(np.float64)
        for measure in get_args(Metric)
    }
    return SimilarityResult(measured, given)


def compare_similarity(
    base: SimilarityResult,
    tuned: SimilarityResult,
    *,
    correlation: str = "Spearman",
    measure: Metric = "cosine",
    seed: int = 0,
) -> Change:
    """Return the change of a correlation from one model to another, with its paired interval.

    Whole pairs are resampled, the same for both models (paired bootstrap, 95%).

    Parameters
    ----------
    base, tuned
        Two models on the same pairs.
    correlation
        ``"Spearman"`` or ``"Pearson"``.
    measure
        Of similarity.
    seed
        Of the resamples.
    """
    function, scores = CORRELATIONS[correlation], base.scores
    before, after = (model.similarities[measure] for model in (base, tuned))
    return paired_change(
        f"{correlation}, {measure}",
        lambda rows: function(before[rows], scores[rows]),
        lambda rows: function(after[rows], scores[rows]),
        len(scores),
        seed=seed,
    )


def _pearson(one: Values, other: Values) -> float:
    left, right = one - one.mean(), other - other.mean()
    size = float(np.sqrt((left @ left) * (right @ right)))
    return float(left @ right) / size if size > 0 else float("nan")


def _spearman(one: Values, other: Values) -> float:
    return _pearson(rankdata(one), rankdata(other))


CORRELATIONS: dict[str, Callable[[Values, Values], float]] = {
    "Pearson": _pearson,
    "Spearman": _spearman,
}
