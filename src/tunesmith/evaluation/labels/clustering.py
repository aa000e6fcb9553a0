"""Clustering quality: V-measure of k-means clusters against labels."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans

from tunesmith.errors import DataError
from tunesmith.evaluation.item_scores import Values, Weights
from tunesmith.evaluation.weighted_metrics import Order
from tunesmith.threads import one_thread

V_MEASURE = "V-measure"
# Single k-means starts vary as much as models differ; the mean of ten is stable.
STARTS = 10


@dataclass(frozen=True, eq=False)
class ClusterScores:
    """Several clusterings of n items: :class:`~tunesmith.evaluation.ItemScores`.

    V-measure (Rosenberg and Hirschberg 2007, https://aclanthology.org/D07-1043) is the harmonic
    mean of homogeneity and completeness. It is not a mean over items, so a weighted contingency
    table is computed for each row of weights. The value is the mean over the clusterings.

    Parameters
    ----------
    clusters
        Cluster of each item, from 0, in each clustering, shape (clusterings, n).
    labels
        Label of each item, from 0, shape (n,).
    """

    clusters: NDArray[np.int64]
    labels: NDArray[np.int64]

    @property
    def metrics(self) -> tuple[str, ...]:
        """The only metric, V-measure."""
        return (V_MEASURE,)

    def __len__(self) -> int:
        return len(self.labels)

    def less_is_better(self, metric: str) -> bool:
        """Return False: higher values are better."""
        del metric
        return False

    def values(self, metric: str, weights: Weights) -> Values:
        """Return V-measure for each row of weights; 1 for one cluster and one label."""
        del metric
        of_labels = _entropy(self._labels_order, weights)
        found = [
            _v_measure(_entropy(one, weights), of_labels, _entropy(both, weights))
            for one, both in self._orders
        ]
        return np.asarray(np.mean(found, axis=0))

    def swapped(self, other: Self, rows: NDArray[np.bool_]) -> Self:
        """Return these clusters with another model's in some rows.

        Cluster numbers are arbitrary, so the other model's clusters are first matched to these by
        the number of shared items.
        """
        pairs = zip(self.clusters, other.clusters, strict=True)
        mixed = [np.where(rows, _renamed(theirs, own), own) for own, theirs in pairs]
        return type(self)(np.stack(mixed), self.labels)

    @cached_property
    def _labels_order(self) -> Order:
        return _grouped(self.labels)

    @cached_property
    def _orders(self) -> list[tuple[Order, Order]]:
        """For each clustering, the groups by cluster, and by cluster and label together."""
        width = int(self.labels.max()) + 1
        return [(_grouped(one), _grouped(one * width + self.labels)) for one in self.clusters]


def evaluate_clusters(
    vectors: NDArray[np.float32], labels: NDArray[np.int64], *, seed: int = 0
) -> ClusterScores:
    """Cluster vectors by k-means, with as many clusters as labels, and compare the two.

    This uses ten starts of scikit-learn's ``KMeans`` on all items. MTEB uses ``MiniBatchKMeans``
    (batches of 512) on ten samples drawn with replacement, which is faster for very many texts
    but gives lower and noisier values.

    Parameters
    ----------
    vectors
        Vectors to cluster, float32, shape (n, d).
    labels
        Label of each vector, from 0, shape (n,).
    seed
        Random seed for the k-means starts.

    Raises
    ------
    DataError
        All labels are the same.

    Examples
    --------
    >>> from tunesmith.evaluation import value
    >>> vectors = np.float32([[0, 1], [0, 1.1], [1, 0], [1.1, 0]])
    >>> round(value(evaluate_clusters(vectors, np.array([1, 1, 0, 0])), "V-measure"), 6)
    1.0
    """
    _, codes = np.unique(labels, return_inverse=True)
    count = int(codes.max(initial=-1)) + 1
    if count < 2:
        raise DataError("all texts have the same label: clustering needs at least two labels")
    starts = (KMeans(count, n_init=1, random_state=seed + start) for start in range(STARTS))
    with one_thread():  # several threads wait for each other longer than they work
        clusters = np.stack([start.fit_predict(vectors) for start in starts])
    return ClusterScores(clusters.astype(np.int64), codes.astype(np.int64))


def _grouped(codes: NDArray[np.int64]) -> Order:
    return Order.of(codes.astype(np.float64))


def _renamed(theirs: NDArray[np.int64], own: NDArray[np.int64]) -> NDArray[np.int64]:
    table = np.zeros((max(theirs.max(), own.max()) + 1,) * 2, dtype=np.int64)
    np.add.at(table, (theirs, own), 1)
    return np.asarray(linear_sum_assignment(table, maximize=True)[1][theirs], dtype=np.int64)


def _v_measure(of_clusters: Values, of_labels: Values, of_both: Values) -> Values:
    """Return the mutual information of clusters and labels over their mean entropy."""
    apart = of_clusters + of_labels
    shared = 2 * (apart - of_both)
    return np.clip(np.divide(shared, apart, out=np.ones_like(apart), where=apart > 1e-12), 0, 1)


def _entropy(order: Order, weights: Weights) -> Values:
    """Return the entropy of a grouping for each row of weights, in nats."""
    counts = order.group_sums(weights.astype(np.float64))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.asarray(-(shares * logs).sum(axis=1))
