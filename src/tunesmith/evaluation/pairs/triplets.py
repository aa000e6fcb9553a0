"""Triplet accuracy: how often an anchor is closer to its positive than to a negative."""

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
    """Compare each anchor's similarity to its positive with those to its negatives.

    Parameters
    ----------
    anchors, positives
        Vectors, shape (n, d).
    negatives
        Vectors of all negatives, shape (m, d).
    rows
        Index of the anchor of each negative, shape (m,).
    measure
        Similarity measure.

    Returns
    -------
    For each anchor, the share of its negatives that are less similar than its positive.

    Examples
    --------
    >>> vectors = np.float32([[1, 0], [1, 1], [0, 1]])
    >>> found = evaluate_triplets(vectors[:1], vectors[1:2], vectors[1:], [0, 0])
    >>> found.items["triplet accuracy"].tolist()
    [0.5]
    """
    index = np.asarray(rows, dtype=np.int64)
    positive = pairwise_similarity(anchors, positives, measure)[index]
    correct = positive > pairwise_similarity(anchors[index], negatives, measure)
    counts = np.bincount(index, minlength=len(anchors))
    return MeanScores({TRIPLET_ACCURACY: np.bincount(index, correct, len(anchors)) / counts})
