"""Encoding with the cache: known vectors are read, the others are encoded and stored."""

import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.parts import Encoded
from tunesmith.encoders.cache.vector_cache import VectorCache, text_digest
from tunesmith.progress import Advance

WINDOW = 16384  # texts that are looked up and sorted by length together
FLUSH_TEXTS = 2048
_FLUSH_SECONDS = 5.0

Encode = Callable[[list[str]], Iterator[Encoded]]


def encode_cached(
    texts: list[str],
    encode: Encode,
    *,
    dimension: int,
    cache: VectorCache | None,
    space: str,
    advance: Advance,
) -> NDArray[np.float32]:
    """Return the vectors of distinct texts, float32, shape (n, dimension).

    Parameters
    ----------
    texts
        Distinct texts.
    encode
        Yields vectors batch by batch in any order; called only for texts not in the cache.
    dimension
        Number of dimensions of the vectors.
    cache
        Cache for the vectors, or None.
    space
        Digest of everything except the text that affects a vector, from
        :func:`~tunesmith.encoders.cache.vector_cache.space_digest`.
    advance
        Called with the number of texts done.

    Notes
    -----
    New vectors are written every few seconds, and also on interruption.
    """
    vectors = np.empty((len(texts), dimension), dtype=np.float32)
    for start in range(0, len(texts), WINDOW):
        part = slice(start, start + WINDOW)
        _fill(vectors[part], texts[part], encode, _CacheWriter(cache, space), advance)
    return vectors


def _fill(
    vectors: NDArray[np.float32],
    texts: list[str],
    encode: Encode,
    writer: "_CacheWriter",
    advance: Advance,
) -> None:
    missing = writer.read(texts, vectors)
    advance(len(texts) - len(missing))
    if not len(missing):
        return
    with writer:
        for encoded in encode([texts[position] for position in missing]):
            positions = missing[encoded.positions]
            vectors[positions] = encoded.vectors
            writer.add([texts[position] for position in positions], encoded.vectors)
            advance(len(positions))


class _CacheWriter:
    """Collects new vectors and writes them periodically and on exit, even after an error."""

    def __init__(self, cache: VectorCache | None, space: str) -> None:
        self._cache = cache
        self._space = space
        self._texts: list[str] = []
        self._vectors: list[NDArray[np.float32]] = []
        self._written = time.monotonic()

    def read(self, texts: list[str], vectors: NDArray[np.float32]) -> NDArray[np.int64]:
        """Fill in the cached vectors; return the indices of the others."""
        if self._cache is None:
            return np.arange(len(texts))
        lookup = self._cache.get_many(self._space, [text_digest(text) for text in texts])
        if lookup.vectors.shape[1] != vectors.shape[1]:
            return np.arange(len(texts))
        vectors[lookup.found] = lookup.vectors
        return np.flatnonzero(~lookup.found)

    def add(self, texts: list[str], vectors: NDArray[np.float32]) -> None:
        if self._cache is None:
            return
        self._texts += texts
        self._vectors.append(vectors)
        due = time.monotonic() - self._written > _FLUSH_SECONDS
        if due or len(self._texts) >= FLUSH_TEXTS:
            self._write()

    def _write(self) -> None:
        if self._cache is not None and self._texts:
            digests = [text_digest(text) for text in self._texts]
            self._cache.put_many(self._space, digests, np.concatenate(self._vectors))
        self._texts, self._vectors, self._written = [], [], time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._write()
