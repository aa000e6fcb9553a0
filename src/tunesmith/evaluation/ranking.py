"""How well documents are ranked for queries."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tunesmith.vectors import Hits


def ndcg(hits: Hits, relevant: Sequence[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Return the normalised discounted cumulative gain of each query's hits, shape (queries,).

    Relevance is 1 or 0; a hit at place i counts 1 / log2(i + 1), and the sum is divided by the
    best one possible (Jaervelin and Kekaelaeinen 2002, https://doi.org/10.1145/582415.582418).
    A query without a relevant document has 0.

    Parameters
    ----------
    hits
        The k documents found for each query, the best first.
    relevant
        For each query the positions of its relevant documents.

    Examples
    --------
    >>> hits = Hits(np.array([[4, 7, 2]]), np.array([[0.9, 0.8, 0.7]], dtype=np.float32))
    >>> ndcg(hits, [np.array([7])]).round(3)
    array([0.631])
    """
    discounts = 1 / np.log2(np.arange(2, hits.indices.shape[1] + 2))
    best = np.concatenate([[0.0], np.cumsum(discounts)])
    found = [np.isin(row, own) for row, own in zip(hits.indices, relevant, strict=True)]
    gained = np.array(found).reshape(hits.indices.shape) @ discounts
    ideal = best[np.minimum([len(own) for own in relevant], len(discounts))]
    return np.asarray(np.divide(gained, ideal, out=np.zeros_like(gained), where=ideal > 0))
