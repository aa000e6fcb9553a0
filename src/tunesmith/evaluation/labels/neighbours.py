"""Labels by the vote of the nearest training vectors."""

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
    """Return the labels that the nearest training vectors (by cosine) vote for.

    Where texts have one label, the most frequent one wins, and of equally frequent ones the one
    with the larger sum of similarities. For multi-label data each label is voted on by its own
    nearest neighbours among the rows where it is known, and needs more than half of them.

    Parameters
    ----------
    vectors
        shape (n, d)
    training
        shape (m, d)
    targets
        The labels of the m training vectors.

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
    # A vote weighs 1 and a little of its similarity, which decides only between equals.
    weights = 1 + (1 + hits.scores) / (4 * neighbours)
    rows = np.arange(len(vectors))[:, None]
    np.add.at(votes, (rows, targets.codes[hits.indices]), weights)
    return np.asarray(votes.argmax(axis=1)[:, None] == np.arange(len(targets.labels)))
