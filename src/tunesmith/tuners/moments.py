"""Counts, means and scatter of groups of vectors, accumulated in one pass over batches."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

_ROWS = 8192  # rows converted to float64 at a time
SAMPLE = 2048  # maximum number of rows kept for choosing the shrinkage


@dataclass(eq=False)
class RowSample:
    """A regular sample of the rows seen, independent of how they were split into batches.

    Parameters
    ----------
    vectors
        float32, shape (s, d).
    groups
        Weight of each row in each group, shape (s, groups).
    seen
        Number of rows seen.
    step
        Every ``step``-th row is kept.
    """

    vectors: NDArray[np.float32]
    groups: csr_array
    seen: int = 0
    step: int = 1

    def add(self, vectors: NDArray[Any], groups: csr_array) -> None:
        """Add rows."""
        kept = np.arange(-self.seen % self.step, len(vectors), self.step)
        self.vectors = np.concatenate([self.vectors, vectors[kept].astype(np.float32)])
        self.groups = _stacked(self.groups, groups[kept])
        self.seen += len(vectors)
        while len(self.vectors) > SAMPLE:
            self.vectors, self.groups = self.vectors[::2].copy(), self.groups[::2]
            self.step *= 2

    def regroup(self, indices: NDArray[np.int64], count: int) -> None:
        """Change the number of groups to ``count``, with the old groups at these indices."""
        old = self.groups.tocoo()
        shape = (old.shape[0], count)
        self.groups = csr_array((old.data, (old.row, indices[old.col])), shape=shape)


@dataclass(eq=False)
class GroupMoments:
    """Sufficient statistics of groups of vectors for discriminant analysis.

    Memory is d x d and groups x d, regardless of the number of rows. Rows are centred on the mean
    of the first batch, to keep precision if the vectors are far from zero.

    Parameters
    ----------
    families
        Set of mutually exclusive groups of each group, shape (groups,).
    shift
        Vector subtracted from each row, shape (d,).
    counts
        Sum of the weights of each group, shape (groups,).
    sums
        Weighted sum of each group's rows, shape (groups, d).
    scatter
        Weighted sum of all rows' outer products, shape (d, d).
    sample
        Sample of the rows; None if it was not kept.

    Examples
    --------
    >>> moments = GroupMoments.begin(np.array([[1.0], [3.0]]), np.array([0, 0]))
    >>> moments.add(np.array([[1.0], [3.0], [7.0]]), csr_array(np.array([[1, 0], [1, 0], [0, 1]])))
    >>> moments.means.ravel() + moments.shift, moments.within
    (array([2., 7.]), array([[0.66666667]]))
    """

    families: NDArray[np.int64]
    shift: NDArray[np.float64]
    counts: NDArray[np.float64]
    sums: NDArray[np.float64]
    scatter: NDArray[np.float64]
    sample: RowSample | None = field(repr=False)

    @classmethod
    def begin(cls, vectors: NDArray[Any], families: NDArray[np.int64]) -> Self:
        """Return empty moments, centred on the mean of these vectors."""
        width, groups = vectors.shape[1], len(families)
        sample = RowSample(np.empty((0, width), np.float32), csr_array((0, groups)))
        return cls(
            families,
            vectors[:_ROWS].mean(axis=0, dtype=np.float64),
            np.zeros(groups),
            np.zeros((groups, width)),
            np.zeros((width, width)),
            sample,
        )

    def add(self, vectors: NDArray[Any], groups: csr_array) -> None:
        """Add rows (n, d) with their weights in each group (n, groups)."""
        for start in range(0, len(vectors), _ROWS):
            part = slice(start, start + _ROWS)
            rows, membership = vectors[part].astype(np.float64) - self.shift, groups[part]
            self.counts += membership.sum(axis=0)
            self.sums += membership.T @ rows
            weights = np.asarray(membership.sum(axis=1))
            if np.any(weights != 1):
                rows *= np.sqrt(weights)[:, None]
            self.scatter += rows.T @ rows
            if self.sample is not None:
                self.sample.add(vectors[part], membership)

    def regroup(self, indices: NDArray[np.int64], families: NDArray[np.int64]) -> None:
        """Add new groups; the old groups move to these indices."""
        counts, sums = np.zeros(len(families)), np.zeros((len(families), self.sums.shape[1]))
        counts[indices], sums[indices] = self.counts, self.sums
        self.counts, self.sums, self.families = counts, sums, families
        if self.sample is not None:
            self.sample.regroup(indices, len(families))

    def without_rows(self) -> Self:
        """Return a copy without the row sample, for saving without training rows."""
        return replace(self, sample=None)

    @property
    def total(self) -> float:
        """The sum of all weights."""
        return float(self.counts.sum())

    @property
    def centre(self) -> NDArray[np.float64]:
        """The mean of all rows, shape (d,)."""
        return np.asarray(self.shift + self.sums.sum(axis=0) / self.total)

    @property
    def means(self) -> NDArray[np.float64]:
        """Each group's mean minus the shift, shape (groups, d); zeros for empty groups."""
        return np.asarray(self.sums / np.maximum(self.counts, 1e-300)[:, None])

    @property
    def within(self) -> NDArray[np.float64]:
        """The covariance within groups, shape (d, d)."""
        return np.asarray((self.scatter - self.means.T @ self.sums) / self.total)

    @property
    def between(self) -> NDArray[np.float64]:
        """The covariance of the groups' means within their families, shape (d, d)."""
        in_family = np.equal.outer(np.arange(int(self.families.max()) + 1), self.families)
        weights = np.maximum(in_family @ self.counts, 1e-300)
        family_means = (in_family @ self.sums) / weights[:, None]
        deviations = self.means - family_means[self.families]
        deviations *= np.sqrt(self.counts / self.total)[:, None]
        return np.asarray(deviations.T @ deviations)


def _stacked(first: csr_array, second: csr_array) -> csr_array:
    return csr_array(vstack([first, second], format="csr"))
