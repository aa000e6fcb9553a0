"""How often an anchor is nearer to its positive than to its negatives."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.item_scores import MeanScores
from tunesmith.vectors.similarity import Metric, pairwise_similarity

TRIPLET_ACCURACY = "triplet accuracy"


def evaluate_triplets(
    anchors: NDArray[np.float32],
    positives: NDArray[np.float32],
    negatives: NDArray[np.float32],
    rows: Sequence[int] | NDArray[np.int64],
    measure: Metric = "cosine",
) -> MeanScores:
    """Compare the similarity of each anchor to its positive with those to its negatives.

    Parameters
    ----------
    anchors, positives
        Shape (n, d).
    negatives
        Of all anchors one after the other, shape (m, d).
    rows
        To which anchor each negative belongs, shape (m,).
    measure
        Of similarity.

    Returns
    -------
    For each anchor the share of its negatives that are less similar than its positive.

    Examples
    --------
    >>> vectors = np.float32([[1, 0], [1, 1], [0, 1]])
    >>> found = evaluate_triplets(vectors[:1], vectors[1:2], vectors[1:], [0, 0])
    >>> found.items["triplet accuracy"].tolist()
    [0.5]
    """
    place = np.asarray(rows, dtype=np.int64)
    near = pairwise_similarity(anchors, positives, measure)[place]
    right = near > pairwise_similarity(anchors[place], negatives, measure)
    counts = np.bincount(place, minlength=len(anchors))
    return MeanScores({TRIPLET_ACCURACY: np.bincount(place, right, len(anchors)) / counts})
