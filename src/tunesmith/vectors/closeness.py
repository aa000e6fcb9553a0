"""Which items lie close to a few examples: the start of bulk labelling."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import UsageError
from tunesmith.vectors.similarity import Metric, similarity


@dataclass(frozen=True, eq=False)
class Ranking:
    """Items from the closest to the furthest.

    Parameters
    ----------
    order
        Positions of the items, the closest first, int64, shape (n,).
    distances
        The distance of each item in its own place, float32, shape (n,).
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
    """Return how far each item is from a set of anchors.

    Parameters
    ----------
    items, anchors
        What the encoders take, n and m of them.
    encoder
        Anything with ``transform``: an encoder, or a pipeline that ends in a tuner.
    anchor_encoder
        For the anchors, if another one is to be used.
    metric
        ``"cosine"``, ``"euclidean"``, ``"manhattan"`` or ``"dot"``; a cosine distance is 1 less
        the similarity.
    aggregate
        Makes one distance of those to all anchors, called with ``axis=1``: ``np.min`` is that to
        the closest anchor, ``np.mean`` that to all.

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
        raise UsageError("there is no anchor: give at least one example")
    vectors = encoder.transform(items)
    examples = (anchor_encoder or encoder).transform(anchors)
    near = similarity(vectors, examples, metric=metric)
    apart = 1 - near if metric in {"cosine", "dot"} else -near
    return np.asarray(aggregate(apart, axis=1), dtype=np.float32)


def rank_by_closeness(
    items: Any,
    anchors: Any,
    encoder: Any,
    anchor_encoder: Any = None,
    *,
    metric: Metric = "cosine",
    aggregate: Callable[..., Any] = np.min,
) -> Ranking:
    """Return items in the order of their distance to a set of anchors, the closest first.

    Parameters and errors are those of :func:`distances_to_anchors`; of equally close ones the
    first comes first.

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
