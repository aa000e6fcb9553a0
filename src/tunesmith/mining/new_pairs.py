"""New pairs of known texts, to be judged by a model: those that are near, and any at all.

Pairs drawn at random are almost all unlike, so a model learns little of likeness from them; the
neighbours of a text in vectors or words give a better share of similar ones (Thakur et al., 2021,
"Augmented SBERT", https://arxiv.org/abs/2010.08240).
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunesmith.data.splits.near_duplicates import normalise
from tunesmith.errors import DataError, UsageError
from tunesmith.vectors.similarity import search

Way = Literal["semantic", "words", "random"]


@dataclass(frozen=True, eq=False)
class NewPairs:
    """Pairs of texts that no one has judged.

    Parameters
    ----------
    first, second
        Positions of the two texts, int64, shape (n,).
    ways
        How each was found.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    ways: tuple[Way, ...]

    def __len__(self) -> int:
        return len(self.first)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many were found in each way."""
        return dict(Counter(self.ways))


def new_pairs(
    texts: Sequence[str],
    vectors: ArrayLike,
    known: Collection[tuple[int, int]] = (),
    *,
    neighbours: int = 3,
    random: float = 1.0,
    seed: int = 0,
) -> NewPairs:
    """Pair each text with its neighbours in vectors, in words (BM25), and with any others.

    Parameters
    ----------
    texts
        Distinct texts.
    vectors
        Shape (n, d).
    known
        Positions of pairs that have been judged; none of them comes again, in either order.
    neighbours
        How many of each text, in vectors and in words alike.
    random
        How many pairs drawn at random there are for each text.
    seed
        Of what is drawn.

    Raises
    ------
    UsageError
        A number is out of range, or there is not a vector for each text.
    DataError
        There are fewer than two texts.

    Examples
    --------
    >>> texts = ["a red card", "my order", "one red card"]
    >>> found = new_pairs(texts, [[1, 0], [1, 0.1], [0, 1]], neighbours=1, random=0)
    >>> list(zip(found.first.tolist(), found.second.tolist(), found.ways))
    [(0, 1, 'semantic'), (2, 1, 'semantic'), (0, 2, 'words')]
    """
    matrix = np.asarray(vectors, dtype=np.float32)
    _require(texts, matrix, neighbours, random)
    found = _Found(texts, known)
    drawn = _drawn(len(texts), round(random * len(texts)), seed)
    ways: dict[Way, Iterator[tuple[int, int]]] = {
        "semantic": _near(search(matrix, matrix, k=_depth(texts, neighbours)).indices, neighbours),
        "words": _near(_by_words(texts, _depth(texts, neighbours)), neighbours),
        "random": drawn,
    }
    for way, pairs in ways.items():
        for one, other in pairs:
            found.add(one, other, way)
    return found.result()


class _Found:
    """Pairs that are new: not known, not of a text and itself, and each once."""

    def __init__(self, texts: Sequence[str], known: Collection[tuple[int, int]]) -> None:
        places: dict[str, int] = {}
        # Texts that differ in case and punctuation only count as one.
        self._same = [places.setdefault(normalise(text), len(places)) for text in texts]
        self._seen = {self._key(one, other) for one, other in known}
        self._pairs: list[tuple[int, int, Way]] = []

    def add(self, one: int, other: int, way: Way) -> None:
        key = self._key(one, other)
        if key[0] != key[1] and key not in self._seen:
            self._seen.add(key)
            self._pairs.append((one, other, way))

    def result(self) -> NewPairs:
        first, second = (
            np.array([pair[side] for pair in self._pairs], dtype=np.int64) for side in (0, 1)
        )
        return NewPairs(first, second, tuple(way for *_, way in self._pairs))

    def _key(self, one: int, other: int) -> tuple[int, int]:
        left, right = self._same[one], self._same[other]
        return (left, right) if left < right else (right, left)


def _depth(texts: Sequence[str], neighbours: int) -> int:
    """Return how many are looked up: a text is its own nearest neighbour, as a rule."""
    return min(neighbours + 1, len(texts))


def _near(found: NDArray[np.int64], neighbours: int) -> Iterator[tuple[int, int]]:
    for place, row in enumerate(found.tolist()):
        others = [other for other in row if other != place and other >= 0]
        yield from ((place, other) for other in others[:neighbours])


def _by_words(texts: Sequence[str], k: int) -> NDArray[np.int64]:
    """Return for each text the k best by BM25; -1 where fewer share a word with it."""
    import bm25s

    words = [normalise(text).split() for text in texts]
    index = bm25s.BM25()
    index.index(words, show_progress=False)
    found, scores = index.retrieve(words, k=k, show_progress=False)
    return np.where(scores > 0, found, -1).astype(np.int64)


def _drawn(texts: int, count: int, seed: int) -> Iterator[tuple[int, int]]:
    draws = np.random.default_rng(seed).integers(texts, size=(count, 2))
    yield from ((int(one), int(other)) for one, other in draws)


def _require(
    texts: Sequence[str], vectors: NDArray[np.float32], neighbours: int, random: float
) -> None:
    if len(texts) < 2:
        raise DataError(f"{len(texts)} texts make no pair: give 2 at least")
    if vectors.shape[:1] != (len(texts),):
        raise UsageError(f"there are {len(texts)} texts and {len(vectors)} vectors: give one each")
    if neighbours < 0 or random < 0:
        raise UsageError(
            f"neighbours is {neighbours} and random {random:g}: give numbers from 0 up"
        )
