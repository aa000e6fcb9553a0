"""Label-free metrics, which indicate quality but prove nothing.

Alignment is how close parts of one document are to each other, uniformity how evenly all texts are
spread (Wang and Isola, 2020, https://arxiv.org/abs/2005.10242). A model can trade one for the
other, so neither alone shows that it has improved.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunesmith.errors import UsageError
from tunesmith.evaluation.item_scores import Values, Weights
from tunesmith.vectors.similarity import cosine_similarity, pairwise_similarity

ALIGNMENT, UNIFORMITY = "alignment", "uniformity"
_STEEPNESS = 2.0
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class LabelFreeScores:
    """Alignment and uniformity of pairs of texts; for both, lower is better.

    Parameters
    ----------
    distances
        Squared distance between the two texts of each pair, shape (n,), 0 to 4.
    crowding
        Mean of exp(-2 d²) over a pair's distances d to the texts of all other pairs, shape (n,).
    """

    distances: Values
    crowding: Values

    metrics = (ALIGNMENT, UNIFORMITY)

    def __len__(self) -> int:
        return len(self.distances)

    def less_is_better(self, metric: str) -> bool:
        """Return True: lower is better for both."""
        del metric
        return True

    def values(self, metric: str, weights: Weights) -> Values:
        """Return the metric for each row of weights: a mean, or the logarithm of one."""
        own = self.distances if metric == ALIGNMENT else self.crowding
        wide = weights.astype(np.float64)
        means = np.asarray(wide @ own / np.maximum(wide.sum(axis=1), 1))
        if metric == ALIGNMENT:
            return means
        # A resample draws both texts of a distance, but the mean of a row varies only one of them.
        return np.asarray(2 * np.log(np.maximum(means, _TINY)) - np.log(max(own.mean(), _TINY)))

    def swapped(self, other: Self, rows: NDArray[np.bool_]) -> Self:
        """Return these scores with those of another model in some rows."""
        return type(self)(
            np.where(rows, other.distances, self.distances),
            np.where(rows, other.crowding, self.crowding),
        )


def label_free_scores(first: ArrayLike, second: ArrayLike) -> LabelFreeScores:
    """Return alignment and uniformity of pairs of vectors.

    Parameters
    ----------
    first, second
        Vectors of the first and second texts, shape (n, d); they are L2-normalised.

    Raises
    ------
    UsageError
        The two shapes differ, or there are fewer than two pairs.

    Examples
    --------
    >>> scores = label_free_scores([[1, 0], [0, 1]], [[1, 0], [0, 1]])
    >>> scores.distances.tolist(), np.log(scores.crowding).round(2).tolist()
    ([0.0, 0.0], [-4.0, -4.0])
    """
    left, right = (np.asarray(vectors, dtype=np.float32) for vectors in (first, second))
    if left.shape != right.shape or len(left) < 2:
        raise UsageError(
            f"vectors have the shapes {left.shape} and {right.shape}: the shapes must be equal, "
            "with at least two rows"
        )
    distances = 2.0 - 2.0 * pairwise_similarity(left, right).astype(np.float64)
    return LabelFreeScores(np.maximum(distances, 0.0), _crowding(left, right))


def _crowding(left: NDArray[np.float32], right: NDArray[np.float32]) -> Values:
    both = (left, right)
    total = sum(_closeness(one, other) for one in both for other in both)
    return np.asarray(total) / len(both) ** 2


def _closeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> Values:
    """Return, for each row, the mean of exp(-2 d²) to the vectors of all other rows."""
    squares = 2.0 - 2.0 * cosine_similarity(one, other).astype(np.float64)
    close = np.exp(-_STEEPNESS * squares)
    np.fill_diagonal(close, 0.0)
    return np.asarray(close.sum(axis=1) / (len(one) - 1))
