"""Suggest which texts to label next: uncertain and different from each other, or suspected wrong.

The uncertain texts are clustered by k-means with their doubt as weight, and the text nearest to
each centre is suggested (Zhdanov 2019, *Diverse mini-batch active learning*). While there are no
two labels yet, all texts are clustered, so that the first labels cover what the data contain.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import UsageError
from tunesmith.labelling.label_guesses import LabelGuesses
from tunesmith.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNT: Final = 40
"""Number of suggestions by default."""

_CANDIDATES = 10  # for each suggestion
_FEWEST_CANDIDATES = 500
_SAMPLE = 5_000
_UNCERTAIN_PER_SUSPECT = 2


class Reason(StrEnum):
    """Why a text is suggested.

    Examples
    --------
    >>> Reason("uncertain")
    <Reason.UNCERTAIN: 'uncertain'>
    """

    TYPICAL = "typical"
    UNCERTAIN = "uncertain"
    SUSPECTED = "suspected"


@dataclass(frozen=True)
class Suggestion:
    """A text to label next.

    Parameters
    ----------
    position
        The position of the text, from 0.
    reason
        ``typical`` of a group of texts without labels, ``uncertain``, or ``suspected`` of a wrong
        label.
    likely
        The most probable label; None if there are no guesses.
    probability
        Its probability, 0 to 1.

    Examples
    --------
    >>> Suggestion(3, Reason.UNCERTAIN, "refund", 0.4).likely
    'refund'
    """

    position: int
    reason: Reason
    likely: str | None = None
    probability: float = 0.0


def suggest(
    vectors: NDArray[np.float32],
    labels: Sequence[str | None],
    guesses: LabelGuesses | None,
    *,
    reviewed: Collection[int] = (),
    count: int = COUNT,
    seed: int = 0,
) -> tuple[Suggestion, ...]:
    """Return the texts whose label would help most, best first.

    Parameters
    ----------
    vectors
        Vectors of the texts, of length 1, float32, shape (n, d).
    labels
        The label of each text; None without one.
    guesses
        The guesses of :func:`guess_labels`; None while there are no two labels.
    reviewed
        Positions of texts that a person has looked at; they are not suggested again.
    count
        Maximum number of suggestions.
    seed
        Random seed of the clusters.

    Raises
    ------
    UsageError
        The numbers of vectors and labels differ, or ``count`` is less than 1.

    Examples
    --------
    >>> vectors = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
    >>> [each.position // 4 for each in suggest(vectors, [None] * 12, None, count=3)]
    [0, 1, 2]
    """
    if len(vectors) != len(labels):
        raise UsageError("there is not one label for each vector", option="labels")
    if count < 1:
        raise UsageError("`count` must be 1 or more", option="count")
    done = np.zeros(len(labels), dtype=np.bool_)
    done[list(reviewed)] = True
    bare = np.array([label is None for label in labels], dtype=np.bool_)
    chosen = np.flatnonzero(bare & ~done)
    if guesses is None:
        typical = _centres(vectors, chosen, np.ones(len(vectors), np.float32), count, seed)
        return tuple(Suggestion(int(each), Reason.TYPICAL) for each in typical)
    uncertain = _centres(vectors, _doubtful(chosen, guesses, count), guesses.doubt, count, seed)
    suspects = [each for each in guesses.suspects.tolist() if not done[each]]
    both = _mixed(uncertain.tolist(), suspects)[:count]
    return tuple(
        Suggestion(
            position,
            Reason.UNCERTAIN if bare[position] else Reason.SUSPECTED,
            guesses.names[guesses.likely[position]],
            float(guesses.probability[position]),
        )
        for position in both
    )


def _doubtful(chosen: NDArray[np.int64], guesses: LabelGuesses, count: int) -> NDArray[np.int64]:
    """Return the most doubtful of the chosen texts."""
    most = max(_CANDIDATES * count, _FEWEST_CANDIDATES)
    return chosen[np.argsort(-guesses.doubt[chosen], kind="stable")[:most]]


def _centres(
    vectors: NDArray[np.float32],
    candidates: NDArray[np.int64],
    weights: NDArray[np.float32],
    count: int,
    seed: int,
) -> NDArray[np.int64]:
    """Return a text from the middle of each cluster of candidates, the heaviest cluster first."""
    from sklearn.cluster import KMeans

    if len(candidates) > _SAMPLE:
        random = np.random.default_rng(seed)
        candidates = np.sort(random.choice(candidates, _SAMPLE, replace=False))
    points, weight = vectors[candidates], weights[candidates] + 1e-3
    _, distinct = np.unique(points, axis=0, return_index=True)
    clusters = min(count, len(distinct))
    if clusters < 1:
        return candidates[:0]
    with one_thread():
        fitted = KMeans(clusters, n_init=1, random_state=seed).fit(points, sample_weight=weight)
    far = ((points - fitted.cluster_centers_[fitted.labels_]) ** 2).sum(axis=1)
    order = np.lexsort((far, fitted.labels_))
    _, first = np.unique(fitted.labels_[order], return_index=True)
    nearest = order[first]
    heavy = np.bincount(fitted.labels_, weights=weight)[fitted.labels_[nearest]]
    return candidates[nearest[np.lexsort((nearest, -heavy))]]


def _mixed(uncertain: Sequence[int], suspects: Sequence[int]) -> list[int]:
    """Return both in their order: two uncertain texts, then a suspect."""
    pairs = [
        uncertain[start : start + _UNCERTAIN_PER_SUSPECT]
        for start in range(0, len(uncertain), _UNCERTAIN_PER_SUSPECT)
    ]
    turns: Iterator[tuple[Sequence[int], Sequence[int]]] = zip_longest(
        pairs, [[each] for each in suspects], fillvalue=()
    )
    return list(chain.from_iterable(chain.from_iterable(turns)))
