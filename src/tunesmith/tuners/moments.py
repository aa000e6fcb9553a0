"""Counts, means and scatter of groups of vectors, gathered in one pass and any number of parts."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

_ROWS = 8192  # rows that are turned into float64 at a time
SAMPLE = 2048  # rows that are kept, at the most, to choose the shrinkage by


@dataclass(eq=False)
class RowSample:
    """Some of the rows that were seen, spread evenly; the same however they were cut into parts.

    Parameters
    ----------
    vectors
        float32, shape (s, d).
    groups
        By how much each belongs to each group, shape (s, groups).
    seen
        How many rows were seen.
    step
        Each row whose number is a multiple of it is kept.
    """

    vectors: NDArray[np.float32]
    groups: csr_array
    seen: int = 0
    step: int = 1

    def add(self, vectors: NDArray[Any], groups: csr_array) -> None:
        """Note further rows."""
        kept = np.arange(-self.seen % self.step, len(vectors), self.step)
        self.vectors = np.concatenate([self.vectors, vectors[kept].astype(np.float32)])
        self.groups = _stacked(self.groups, groups[kept])
        self.seen += len(vectors)
        while len(self.vectors) > SAMPLE:
            self.vectors, self.groups = self.vectors[::2].copy(), self.groups[::2]
            self.step *= 2

    def regroup(self, places: NDArray[np.int64], count: int) -> None:
        """Let the groups be ``count``, the old ones at these places."""
        old = self.groups.tocoo()
        shape = (old.shape[0], count)
        self.groups = csr_array((old.data, (old.row, places[old.col])), shape=shape)


@dataclass(eq=False)
class GroupMoments:
    """What a discriminant analysis needs to know of groups of vectors.

    Memory is d x d and groups x d, whatever the number of rows. Rows are centred on the first
    part's mean, so that little is lost where the vectors lie far from zero.

    Parameters
    ----------
    families
        Which groups exclude each other, shape (groups,).
    shift
        What is subtracted from each row, shape (d,).
    counts
        The sum of the weights of each group, shape (groups,).
    sums
        The weighted sum of each group's rows, shape (groups, d).
    scatter
        The weighted sum of all rows' outer products, shape (d, d).
    sample
        Some of the rows; None where they were not kept.

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
        """Return moments of no rows, centred on the mean of these."""
        width, groups = vectors.shape[1], len(families)
        nothing = RowSample(np.empty((0, width), np.float32), csr_array((0, groups)))
        return cls(
            families,
            vectors[:_ROWS].mean(axis=0, dtype=np.float64),
            np.zeros(groups),
            np.zeros((groups, width)),
            np.zeros((width, width)),
            nothing,
        )

    def add(self, vectors: NDArray[Any], groups: csr_array) -> None:
        """Add rows (n, d) and by how much each belongs to each group (n, groups)."""
        for start in range(0, len(vectors), _ROWS):
            part = slice(start, start + _ROWS)
            rows, belonging = vectors[part].astype(np.float64) - self.shift, groups[part]
            self.counts += belonging.sum(axis=0)
            self.sums += belonging.T @ rows
            weights = np.asarray(belonging.sum(axis=1))
            if np.any(weights != 1):
                rows *= np.sqrt(weights)[:, None]
            self.scatter += rows.T @ rows
            if self.sample is not None:
                self.sample.add(vectors[part], belonging)

    def regroup(self, places: NDArray[np.int64], families: NDArray[np.int64]) -> None:
        """Make room for new groups: the old ones go to these places."""
        counts, sums = np.zeros(len(families)), np.zeros((len(families), self.sums.shape[1]))
        counts[places], sums[places] = self.counts, self.sums
        self.counts, self.sums, self.families = counts, sums, families
        if self.sample is not None:
            self.sample.regroup(places, len(families))

    def without_rows(self) -> Self:
        """Return the same without the sample, to be written where no row may be."""
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
        """Each group's mean less the shift, shape (groups, d); zeros for one without rows."""
        return np.asarray(self.sums / np.maximum(self.counts, 1e-300)[:, None])

    @property
    def within(self) -> NDArray[np.float64]:
        """The covariance within groups, shape (d, d)."""
        return np.asarray((self.scatter - self.means.T @ self.sums) / self.total)

    @property
    def between(self) -> NDArray[np.float64]:
        """The covariance of the groups' means within their families, shape (d, d)."""
        belongs = np.equal.outer(np.arange(int(self.families.max()) + 1), self.families)
        weights = np.maximum(belongs @ self.counts, 1e-300)
        middles = (belongs @ self.sums) / weights[:, None]
        apart = self.means - middles[self.families]
        apart *= np.sqrt(self.counts / self.total)[:, None]
        return np.asarray(apart.T @ apart)


def _stacked(first: csr_array, second: csr_array) -> csr_array:
    return csr_array(vstack([first, second], format="csr"))
