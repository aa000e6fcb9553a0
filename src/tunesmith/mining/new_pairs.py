"""New, unscored pairs of known texts: nearest neighbours and random pairs.

Random pairs are almost all dissimilar, so a model learns little about similarity from them.
Neighbours in vector space or by words include more similar pairs (Thakur et al., 2021,
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

Method = Literal["semantic", "words", "random"]


@dataclass(frozen=True, eq=False)
class NewPairs:
    """New pairs of texts.

    Parameters
    ----------
    first, second
        Indices of the two texts, int64, shape (n,).
    methods
        Method by which each pair was found.

    Examples
    --------
    >>> found = NewPairs(np.array([0, 2]), np.array([1, 1]), ("semantic", "words"))
    >>> len(found), found.counts
    (2, {'semantic': 1, 'words': 1})
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    methods: tuple[Method, ...]

    def __len__(self) -> int:
        return len(self.first)

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of pairs by method."""
        return dict(Counter(self.methods))


def new_pairs(
    texts: Sequence[str],
    vectors: ArrayLike,
    known: Collection[tuple[int, int]] = (),
    *,
    neighbours: int = 3,
    random: float = 1.0,
    seed: int = 0,
) -> NewPairs:
    """Pair each text with its neighbours by vectors and by words (BM25), and with random texts.

    Parameters
    ----------
    texts
        Distinct texts.
    vectors
        Vectors of the texts, shape (n, d).
    known
        Index pairs that are already scored; they are excluded, in either order.
    neighbours
        Number of neighbours per text, by vectors and by words each.
    random
        Number of random pairs per text.
    seed
        Random seed.

    Returns
    -------
    NewPairs
        Pairs by vectors, then by words, then random ones; each pair once.

    Raises
    ------
    UsageError
        A parameter is out of range, or the number of vectors differs from that of texts.
    DataError
        There are fewer than two texts.

    Examples
    --------
    >>> texts = ["a red card", "my order", "one red card"]
    >>> found = new_pairs(texts, [[1, 0], [1, 0.1], [0, 1]], neighbours=1, random=0)
    >>> list(zip(found.first.tolist(), found.second.tolist(), found.methods))
    [(0, 1, 'semantic'), (2, 1, 'semantic'), (0, 2, 'words')]
    """
    matrix = np.asarray(vectors, dtype=np.float32)
    _check(texts, matrix, neighbours, random)
    collector = _PairCollector(texts, known)
    random_pairs = _random_pairs(len(texts), round(random * len(texts)), seed)
    methods: dict[Method, Iterator[tuple[int, int]]] = {
        "semantic": _neighbour_pairs(
            search(matrix, matrix, k=_depth(texts, neighbours)).indices, neighbours
        ),
        "words": _neighbour_pairs(_bm25_neighbours(texts, _depth(texts, neighbours)), neighbours),
        "random": random_pairs,
    }
    for method, pairs in methods.items():
        for one, other in pairs:
            collector.add(one, other, method)
    return collector.result()


class _PairCollector:
    """Collects pairs that are new: not known, not of a text with itself, and each once."""

    def __init__(self, texts: Sequence[str], known: Collection[tuple[int, int]]) -> None:
        key_of: dict[str, int] = {}
        # Texts that differ only in case and punctuation count as one.
        self._keys = [key_of.setdefault(normalise(text), len(key_of)) for text in texts]
        self._seen = {self._key(one, other) for one, other in known}
        self._pairs: list[tuple[int, int, Method]] = []

    def add(self, one: int, other: int, method: Method) -> None:
        key = self._key(one, other)
        if key[0] != key[1] and key not in self._seen:
            self._seen.add(key)
            self._pairs.append((one, other, method))

    def result(self) -> NewPairs:
        first, second = (
            np.array([pair[side] for pair in self._pairs], dtype=np.int64) for side in (0, 1)
        )
        return NewPairs(first, second, tuple(method for *_, method in self._pairs))

    def _key(self, one: int, other: int) -> tuple[int, int]:
        left, right = self._keys[one], self._keys[other]
        return (left, right) if left < right else (right, left)


def _depth(texts: Sequence[str], neighbours: int) -> int:
    """Return the number of neighbours to look up, including the text itself."""
    return min(neighbours + 1, len(texts))


def _neighbour_pairs(found: NDArray[np.int64], neighbours: int) -> Iterator[tuple[int, int]]:
    for index, row in enumerate(found.tolist()):
        others = [other for other in row if other != index and other >= 0]
        yield from ((index, other) for other in others[:neighbours])


def _bm25_neighbours(texts: Sequence[str], k: int) -> NDArray[np.int64]:
    """Return the k best texts by BM25 for each text; -1 if fewer share a word with it."""
    import bm25s

    words = [normalise(text).split() for text in texts]
    index = bm25s.BM25()
    index.index(words, show_progress=False)
    indices, scores = index.retrieve(words, k=k, show_progress=False)
    return np.where(scores > 0, indices, -1).astype(np.int64)


def _random_pairs(texts: int, count: int, seed: int) -> Iterator[tuple[int, int]]:
    draws = np.random.default_rng(seed).integers(texts, size=(count, 2))
    yield from ((int(one), int(other)) for one, other in draws)


def _check(
    texts: Sequence[str], vectors: NDArray[np.float32], neighbours: int, random: float
) -> None:
    if len(texts) < 2:
        raise DataError(f"{len(texts)} texts are too few for a pair", hint="give at least 2")
    if vectors.shape[:1] != (len(texts),):
        raise UsageError(
            f"there are {len(texts)} texts and {len(vectors)} vectors",
            hint="give one per text",
            option="vectors",
        )
    if neighbours < 0 or random < 0:
        raise UsageError(
            f"neighbours is {neighbours} and random {random:g}: both must be at least 0",
            option="neighbours",
        )
