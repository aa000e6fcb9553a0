"""Rank items by distance to a few examples, for bulk labelling."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import UsageError
from tunesmith.vectors.similarity import Metric, similarity


@dataclass(frozen=True, eq=False)
class Ranking:
    """Items ordered from closest to furthest.

    Parameters
    ----------
    order
        Indices of the items, closest first, int64, shape (n,).
    distances
        Distance of each item, in input order, float32, shape (n,).

    Examples
    --------
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> items = [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]
    >>> ranking = rank_by_closeness(items, [[0.0, 2.0]], FunctionTransformer())
    >>> ranking.order, ranking.closest(["a", "b", "c"], k=2)
    (array([1, 2, 0]), ['b', 'c'])
    """

    order: NDArray[np.int64]
    distances: NDArray[np.float32]

    def closest(self, items: Sequence[Any], k: int = 10) -> list[Any]:
        """Return the k closest of the items."""
        return [items[index] for index in self.order[:k]]


def distances_to_anchors(
    items: Any,
    anchors: Any,
    encoder: Any,
    anchor_encoder: Any = None,
    *,
    metric: Metric = "cosine",
    aggregate: Callable[..., Any] = np.min,
) -> NDArray[np.float32]:
    """Return the distance of each item to a set of anchors.

    Parameters
    ----------
    items, anchors
        Inputs of the encoders, n items and m anchors.
    encoder
        Any object with ``transform``: an encoder, or a pipeline that ends in a tuner.
    anchor_encoder
        Encoder for the anchors, if different.
    metric
        ``"cosine"``, ``"euclidean"``, ``"manhattan"`` or ``"dot"``; the cosine distance is 1 minus
        the similarity.
    aggregate
        Function that aggregates the distances to all anchors, called with ``axis=1``: ``np.min``
        for the closest anchor, ``np.mean`` for the mean.

    Returns
    -------
    ndarray
        float32, shape (n,).

    Raises
    ------
    UsageError
        There is no anchor.

    Examples
    --------
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> items = [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]
    >>> distances_to_anchors(items, [[1.0, 0.0]], FunctionTransformer()).round(1)
    array([0. , 1. , 0.4], dtype=float32)
    """
    if not len(anchors):
        raise UsageError("there is no anchor", hint="give at least one example", option="anchors")
    vectors = encoder.transform(items)
    examples = (anchor_encoder or encoder).transform(anchors)
    similarities = similarity(vectors, examples, metric=metric)
    distances = 1 - similarities if metric in {"cosine", "dot"} else -similarities
    return np.asarray(aggregate(distances, axis=1), dtype=np.float32)


def rank_by_closeness(
    items: Any,
    anchors: Any,
    encoder: Any,
    anchor_encoder: Any = None,
    *,
    metric: Metric = "cosine",
    aggregate: Callable[..., Any] = np.min,
) -> Ranking:
    """Rank items by distance to a set of anchors, closest first.

    The parameters are those of :func:`distances_to_anchors`; ties keep the input order.

    Returns
    -------
    Ranking
        The order of the items and their distances.

    Raises
    ------
    UsageError, DataError
        As for :func:`distances_to_anchors`.

    Examples
    --------
    >>> from tunesmith import SentenceEncoder
    >>> texts = ["where is my parcel?", "cancel my card", "the delivery is late"]
    >>> rank_by_closeness(texts, ["late delivery"], SentenceEncoder()).closest(texts, k=1)
    ['the delivery is late']
    """
    distances = distances_to_anchors(
        items, anchors, encoder, anchor_encoder, metric=metric, aggregate=aggregate
    )
    return Ranking(np.argsort(distances, kind="stable").astype(np.int64), distances)
