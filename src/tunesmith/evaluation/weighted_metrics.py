"""Correlations and average precision of weighted items, for many weightings at once.

Results equal those of scipy and scikit-learn on items repeated as often as their weight. Sorting,
the most expensive step, is done once for all weightings.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.item_scores import Values, Weights


@dataclass(frozen=True, eq=False)
class Order:
    """The sorted order of n numbers, with groups of ties.

    Parameters
    ----------
    order
        Indices that sort the numbers in ascending order, shape (n,).
    starts
        Start of each group of ties in ``order``, shape (groups,).
    group
        Group of each number, shape (n,).
    """

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    group: NDArray[np.int64]

    @classmethod
    def of(cls, numbers: Values) -> "Order":
        """Sort the numbers."""
        order = np.argsort(numbers, kind="stable")
        ranked = numbers[order]
        begins = np.concatenate([[True], ranked[1:] != ranked[:-1]])
        group = np.empty(len(numbers), dtype=np.int64)
        group[order] = np.cumsum(begins) - 1
        return cls(order, np.flatnonzero(begins), group)

    def group_sums(self, weights: Values) -> Values:
        """Return the total weight of each group, shape (resamples, groups)."""
        return np.asarray(np.add.reduceat(weights[:, self.order], self.starts, axis=1))

    def ranks(self, weights: Values) -> Values:
        """Return the mean rank of each number, shape (resamples, n)."""
        sums = self.group_sums(weights)
        mean = np.cumsum(sums, axis=1) - (sums - 1) / 2
        return np.asarray(mean[:, self.group])


def weighted_pearson(one: Values, other: Values, weights: Weights) -> Values:
    """Return Pearson's correlation for each row of weights.

    Parameters
    ----------
    one, other
        Values to correlate, shape (n,), or per row of weights, shape (resamples, n).
    weights
        Item weights, shape (resamples, n).

    Returns
    -------
    Correlations, shape (resamples,); NaN if either input is constant.
    """
    wide = weights.astype(np.float64)
    total = wide.sum(axis=1)
    left, right = np.broadcast_to(one, wide.shape), np.broadcast_to(other, wide.shape)
    left = left - (np.einsum("rn,rn->r", wide, left) / total)[:, None]
    right = right - (np.einsum("rn,rn->r", wide, right) / total)[:, None]
    both = np.einsum("rn,rn,rn->r", wide, left, right)
    size = np.sqrt(
        np.einsum("rn,rn,rn->r", wide, left, left) * np.einsum("rn,rn,rn->r", wide, right, right)
    )
    return np.asarray(np.divide(both, size, out=np.full_like(both, np.nan), where=size > 0))


def weighted_spearman(one: Order, other: Order, weights: Weights) -> Values:
    """Return Spearman's correlation for each row of weights, shape (resamples,)."""
    wide = weights.astype(np.float64)
    return weighted_pearson(one.ranks(wide), other.ranks(wide), weights)


def precision_and_recall(
    order: Order, positive: NDArray[np.bool_], weights: Weights
) -> tuple[Values, Values]:
    """Return precision and recall at each threshold, from the highest similarity down.

    Parameters
    ----------
    order
        Sorted order of the similarities.
    positive
        Whether each item is positive, shape (n,).
    weights
        Item weights, shape (resamples, n).

    Returns
    -------
    Precision and recall, each of shape (resamples, groups); 0 where they are undefined.
    """
    wide = weights.astype(np.float64)
    found = np.cumsum(order.group_sums(wide)[:, ::-1], axis=1)
    right = np.cumsum(order.group_sums(wide * positive)[:, ::-1], axis=1)
    return right / np.maximum(found, 1e-12), right / np.maximum(right[:, -1:], 1e-12)


def weighted_average_precision(
    order: Order, positive: NDArray[np.bool_], weights: Weights
) -> Values:
    """Return the average precision for each row of weights, shape (resamples,)."""
    precision, recall = precision_and_recall(order, positive, weights)
    return np.asarray((precision * np.diff(recall, axis=1, prepend=0)).sum(axis=1))


def weighted_best_f1(order: Order, positive: NDArray[np.bool_], weights: Weights) -> Values:
    """Return the highest F1 over all thresholds for each row of weights, shape (resamples,)."""
    precision, recall = precision_and_recall(order, positive, weights)
    return np.asarray((2 * precision * recall / np.maximum(precision + recall, 1e-12)).max(axis=1))
