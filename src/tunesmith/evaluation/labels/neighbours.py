"""Nearest-neighbour classification: labels by the vote of the nearest training vectors."""

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.labels.targets import Targets
from tunesmith.vectors.similarity import search

NEIGHBOURS = 5


def neighbour_votes(
    vectors: NDArray[np.float32],
    training: NDArray[np.float32],
    targets: Targets,
    neighbours: int = NEIGHBOURS,
) -> NDArray[np.bool_]:
    """Return the labels predicted by the nearest training vectors (by cosine).

    For single-label data the most frequent label wins; ties go to the label with the larger sum
    of similarities. For multi-label data each label is predicted by majority vote of its nearest
    neighbours among the rows in which the label is known.

    Parameters
    ----------
    vectors
        Vectors to classify, shape (n, d).
    training
        Training vectors, shape (m, d).
    targets
        Labels of the training vectors.
    neighbours
        Number of neighbours that vote.

    Returns
    -------
    Boolean array of shape (n, labels).
    """
    if not targets.multilabel:
        return _one_label(vectors, training, targets, neighbours)
    votes = np.zeros((len(vectors), len(targets.labels)), dtype=np.bool_)
    for column in range(len(targets.labels)):
        known = np.flatnonzero(targets.known[:, column])
        if len(known):
            hits = search(vectors, training[known], k=min(neighbours, len(known)))
            votes[:, column] = targets.values[known, column][hits.indices].mean(axis=1) > 0.5
    return votes


def _one_label(
    vectors: NDArray[np.float32],
    training: NDArray[np.float32],
    targets: Targets,
    neighbours: int,
) -> NDArray[np.bool_]:
    hits = search(vectors, training, k=min(neighbours, len(training)))
    votes = np.zeros((len(vectors), len(targets.labels)))
    # Each vote counts 1 plus a small share of its similarity, which only breaks ties.
    weights = 1 + (1 + hits.scores) / (4 * neighbours)
    rows = np.arange(len(vectors))[:, None]
    np.add.at(votes, (rows, targets.codes[hits.indices]), weights)
    return np.asarray(votes.argmax(axis=1)[:, None] == np.arange(len(targets.labels)))
