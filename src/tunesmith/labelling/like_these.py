"""Find texts like some texts and unlike others."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import UsageError
from tunesmith.vectors.similarity import Hits

_REJECTED_WEIGHT: Final = 0.5


def like_these(
    vectors: NDArray[np.float32],
    positives: Sequence[int],
    rejected: Sequence[int] = (),
    *,
    k: int = 1_000,
) -> Hits:
    """Return the texts nearest to several, away from those that were rejected.

    The score is the mean cosine similarity to the positives minus half of that to the rejected
    texts (Rocchio 1971). The given texts are not among the result.

    Parameters
    ----------
    vectors
        Vectors of the texts, of length 1, float32, shape (n, d).
    positives
        Positions of texts that are right, at least one.
    rejected
        Positions of texts that are wrong.
    k
        Maximum number of texts.

    Returns
    -------
    Hits
        Positions and scores, best first, each shape (1, at most k).

    Raises
    ------
    UsageError
        There are no positives.

    Examples
    --------
    >>> vectors = np.float32([[1, 0], [0.9, 0.44], [0.8, -0.6], [0, 1]])
    >>> like_these(vectors, [0]).indices.tolist()
    [[1, 2, 3]]
    >>> like_these(vectors, [0], rejected=[1]).indices.tolist()
    [[2, 3]]
    """
    if not len(positives):
        raise UsageError("there is no text to find others like", option="positives")
    wanted = vectors[list(positives)].mean(axis=0)
    if len(rejected):
        wanted = wanted - _REJECTED_WEIGHT * vectors[list(rejected)].mean(axis=0)
    scores = vectors @ wanted
    scores[[*positives, *rejected]] = -np.inf
    found = np.argsort(-scores, kind="stable")[: min(k, len(scores))]
    found = found[np.isfinite(scores[found])]
    return Hits(found[None, :].astype(np.int64), scores[found][None, :].astype(np.float32))
