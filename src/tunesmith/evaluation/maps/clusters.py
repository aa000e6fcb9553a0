"""Clusters of vectors: k-means, with the number of clusters chosen by silhouette."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from tunesmith.errors import UsageError
from tunesmith.evaluation.maps.projection import finite
from tunesmith.threads import one_thread

MOST_TRIED = 10
STARTS = 4
# The silhouette compares all pairs of vectors; beyond this number a sample is sufficient.
SAMPLED = 2_000


@dataclass(frozen=True, eq=False)
class Clusters:
    """Clusters of vectors, the largest first.

    Parameters
    ----------
    numbers
        Cluster of each vector, from 0, shape (n,).
    typical
        Index of the vector nearest to the centre of each cluster, shape (clusters,).
    tried
        Largest number of clusters tried; None if the number was given.
    silhouette
        Mean silhouette, -1 to 1; None if the number of clusters was given or could only be 1.
    """

    numbers: NDArray[np.int64]
    typical: NDArray[np.int64]
    tried: int | None = None
    silhouette: float | None = None

    def __len__(self) -> int:
        return len(self.typical)


def find_clusters(vectors: ArrayLike, count: int | None = None, *, seed: int = 0) -> Clusters:
    """Return the clusters found by k-means (Lloyd 1982, the best of four k-means++ starts).

    Parameters
    ----------
    vectors
        Vectors with finite values, shape (n, d).
    count
        Number of clusters. By default the number from 2 to 10 with the largest mean silhouette
        (Rousseeuw 1987), computed on at most 2,000 vectors.
    seed
        Random seed for the starts and the sample; the same seed gives the same clusters.

    Raises
    ------
    UsageError
        There are no vectors, fewer distinct ones than clusters, or the shape is not (n, d).

    Examples
    --------
    >>> find_clusters([[0.0], [0.1], [5.0], [5.1], [5.2]]).numbers.tolist()
    [1, 1, 0, 0, 0]
    """
    points = finite(vectors)
    if not len(points):
        raise UsageError("there are no vectors to cluster", option="vectors")
    distinct = len(np.unique(points, axis=0))
    if count is not None and not 1 <= count <= distinct:
        raise UsageError(
            f"cannot form {count} clusters from {distinct} distinct vectors",
            hint=f"give a number from 1 to {distinct}",
            option="count",
        )
    with one_thread():  # with several threads the order of additions would vary
        if count is not None:
            return _ordered(points, _fitted(points, count, seed))
        return _chosen(points, min(MOST_TRIED, distinct - 1), seed)


def _chosen(points: NDArray[np.float64], most: int, seed: int) -> Clusters:
    if most < 2:
        return _ordered(points, _fitted(points, 1, seed))
    fitted = [_fitted(points, count, seed) for count in range(2, most + 1)]
    scores = [_silhouette(points, one, seed) for one in fitted]
    best = int(np.argmax(scores))
    return _ordered(points, fitted[best], tried=most, silhouette=scores[best])


def _fitted(points: NDArray[np.float64], count: int, seed: int) -> KMeans:
    return KMeans(count, n_init=STARTS, random_state=seed).fit(points)


def _silhouette(points: NDArray[np.float64], fitted: KMeans, seed: int) -> float:
    sample = np.arange(len(points))
    if len(points) > SAMPLED:
        sample = np.random.default_rng(seed).choice(len(points), SAMPLED, replace=False)
    numbers = fitted.labels_[sample]
    if len(np.unique(numbers)) < 2:
        return -1.0
    return float(silhouette_score(points[sample], numbers))


def _ordered(
    points: NDArray[np.float64],
    fitted: KMeans,
    *,
    tried: int | None = None,
    silhouette: float | None = None,
) -> Clusters:
    """Return the clusters numbered by size, the largest first."""
    sizes = np.bincount(fitted.labels_, minlength=fitted.n_clusters)
    order = np.argsort(-sizes, kind="stable")
    numbers = np.argsort(order)[fitted.labels_].astype(np.int64)
    middles = fitted.cluster_centers_[order]
    own = np.linalg.norm(points - middles[numbers], axis=1)
    typical = [np.where(numbers == group, own, np.inf).argmin() for group in range(len(order))]
    return Clusters(numbers, np.asarray(typical, dtype=np.int64), tried, silhouette)
