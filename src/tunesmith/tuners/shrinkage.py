"""Shrinkage of a covariance, chosen by leave-one-out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from tunesmith.tuners.moments import GroupMoments, RowSample

STRENGTHS = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.97)


@dataclass(frozen=True)
class Shrinkage:
    """Shrinkage of variances towards their mean, 0 to 1, and their minimum."""

    strength: float
    least: float


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigendecomposition of a covariance: variances (d,) and axes (d, d), one per column."""

    variances: NDArray[np.float64]
    axes: NDArray[np.float64]

    def shrunk(self, by: Shrinkage) -> NDArray[np.float64]:
        """Return the shrunk variances."""
        shrunk = (1 - by.strength) * self.variances + by.strength * self.variances.mean()
        return np.asarray(np.maximum(shrunk, by.least))


def choose_shrinkage(
    moments: GroupMoments, sample: RowSample, spectrum: Spectrum, least: float
) -> float:
    """Return the shrinkage with the best leave-one-out classification of rows.

    For each strength, each sampled row is removed from its group's mean and from the covariance
    (a rank-one update, so no matrix is inverted again), and the log-probability of its group
    among those of its family is summed, with Gaussian groups that share the covariance. The result
    is 1 if no group has two rows.

    Source: the leave-one-out covariance of Hoffbeck and Landgrebe (1996),
    https://doi.org/10.1109/34.506799, with the probability of the group in place of the
    likelihood of the row.

    Parameters
    ----------
    moments
        Statistics of the groups.
    sample
        Sample of their rows.
    spectrum
        Eigendecomposition of the covariance within groups.
    least
        Minimum variance.
    """
    cases = [_family(moments, sample, family, spectrum) for family in np.unique(moments.families)]
    cases = [case for case in cases if len(case.rows)]
    if not cases:
        return 1.0
    scores = [
        sum(
            case.log_probability(spectrum.shrunk(Shrinkage(strength, least)), strength)
            for case in cases
        )
        for strength in STRENGTHS
    ]
    return STRENGTHS[int(np.argmax(scores))]


@dataclass(frozen=True, eq=False)
class _Family:
    """Rows of mutually exclusive groups, in the axes of the covariance.

    Parameters
    ----------
    rows, means
        float32, shapes (n, d) and (groups, d).
    own
        Group of each row, shape (n,).
    counts, weights
        Weight of each group, and of each row in its own group.
    total
        Total weight of all rows of all families.
    """

    rows: NDArray[np.float32]
    means: NDArray[np.float32]
    own: NDArray[np.int64]
    counts: NDArray[np.float64]
    weights: NDArray[np.float64]
    total: float

    def log_probability(self, variances: NDArray[np.float64], shrinkage: float) -> float:
        """Return the summed leave-one-out log-probability of each row's group."""
        distances = self._distances(variances, (1 - shrinkage) / self.total)
        logits = np.log(self.counts) - distances / 2
        own = logits[np.arange(len(self.own)), self.own]
        return float((self.weights * (own - logsumexp(logits, axis=1))).sum())

    def _distances(self, variances: NDArray[np.float64], share: float) -> NDArray[np.float64]:
        """Return squared Mahalanobis distances to all means, shape (n, groups).

        With r the row minus its group's mean and f = count / (count - weight), leaving the row out
        subtracts ``share * weight * f * r r'`` from the covariance A. By the Sherman-Morrison
        formula, d' A^-1 d then grows by g (r' A^-1 d)^2 / (1 - g r' A^-1 r), with g that factor.
        """
        scale = (1 / np.sqrt(variances)).astype(np.float32)
        rows, means = self.rows * scale, self.means * scale
        indices = np.arange(len(self.own)), self.own
        residuals = rows - means[self.own]
        lengths = np.einsum("ij,ij->i", residuals, residuals).astype(np.float64)
        factor = self.counts[self.own] / (self.counts[self.own] - self.weights)
        distances = _squared_distances(rows, means)
        crossed = np.einsum("ij,ij->i", residuals, rows)[:, None] - residuals @ means.T
        distances[indices], crossed[indices] = factor**2 * lengths, factor * lengths
        gain = share * self.weights * factor
        remaining = np.maximum(1 - gain * lengths, 1e-3)
        return np.asarray(distances + (gain / remaining)[:, None] * crossed.astype(np.float64) ** 2)


def _squared_distances(rows: NDArray[Any], means: NDArray[Any]) -> NDArray[np.float64]:
    squares = np.einsum("ij,ij->i", rows, rows)[:, None] + np.einsum("ij,ij->i", means, means)
    return np.asarray(squares - 2 * (rows @ means.T), dtype=np.float64)


def _family(moments: GroupMoments, sample: RowSample, family: int, spectrum: Spectrum) -> _Family:
    members = np.flatnonzero((moments.families == family) & (moments.counts > 0))
    membership = sample.groups[:, members].tocoo()
    own, weights = membership.col.astype(np.int64), membership.data
    # The only row of a group cannot be left out: no mean would remain.
    usable = moments.counts[members][own] > weights * (1 + 1e-9)
    rows = (sample.vectors[membership.row[usable]] - moments.shift) @ spectrum.axes
    return _Family(
        rows.astype(np.float32),
        (moments.means[members] @ spectrum.axes).astype(np.float32),
        own[usable],
        moments.counts[members],
        weights[usable],
        moments.total,
    )
