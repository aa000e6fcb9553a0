"""An on-disk vector cache in one SQLite file, shared by processes."""

import hashlib
import sqlite3
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.cache.tables import (
    Row,
    connected,
    empty,
    insert,
    is_damage,
    mark_used,
    number,
    remove_oldest,
    select,
    used_bytes,
)
from tunesmith.errors import OutputError
from tunesmith.home import current_home

T = TypeVar("T")

_TOUCH_SECONDS = 60  # minimum seconds between updates of the time of last use
_warned: set[tuple[Path, str]] = set()


def text_digest(text: str) -> bytes:
    """Return the 16-byte digest of a text (BLAKE2b)."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def space_digest(*parts: object) -> str:
    """Return a digest of everything except the text that affects a vector."""
    return hashlib.sha256("\0".join(map(repr, parts)).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Lookup:
    """Cached vectors of the requested texts.

    Parameters
    ----------
    found
        Whether each text was found, shape (n,).
    vectors
        Vectors of the texts found, in order, float32, shape (found, d).
    """

    found: NDArray[np.bool_]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class CacheInfo:
    """Size of the cache.

    Parameters
    ----------
    path
        Cache file.
    entries
        Number of vectors.
    bytes
        Size on disk in bytes.
    spaces
        Number of combinations of encoder, prompt, maximum length and normalisation.
    limit
        Maximum size in bytes; beyond it the least recently used vectors are deleted.
    """

    path: Path
    entries: int
    bytes: int
    spaces: int
    limit: int


class VectorCache:
    """A cache of vectors in the file ``vectors.sqlite``.

    Several processes and threads can use one file at the same time, and a killed process does not
    corrupt it. Problems with the file never stop encoding: a damaged file is moved aside and
    replaced by a new one, and if it cannot be written, nothing is cached; each with one warning.

    Parameters
    ----------
    folder
        Folder of the file; by default the cache folder in Tunesmith's home.
    limit
        Maximum size in bytes; by default ``TUNESMITH_CACHE_BYTES``, or 4 GiB. 0 disables the cache.
    clock
        Function that returns the time in seconds.

    Examples
    --------
    >>> import tempfile
    >>> cache = VectorCache(tempfile.mkdtemp())
    >>> cache.put_many("a space", [text_digest("hello")], np.ones((1, 2), np.float32))
    >>> cache.get_many("a space", [text_digest("hello"), text_digest("there")]).found
    array([ True, False])
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        limit: int | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder = None if folder is None else Path(folder)
        self._limit = limit
        self._clock = clock

    @property
    def path(self) -> Path:
        """The cache file."""
        return (self.folder or current_home().cache) / "vectors.sqlite"

    @property
    def limit(self) -> int:
        """The maximum size in bytes.

        Raises
        ------
        UsageError
            ``TUNESMITH_CACHE_BYTES`` is not a number of bytes.
        """
        return current_home().cache_bytes if self._limit is None else self._limit

    def get_many(self, space: str, digests: Sequence[bytes]) -> Lookup:
        """Look up texts.

        Parameters
        ----------
        space
            Result of :func:`space_digest`.
        digests
            Results of :func:`text_digest` for each text.
        """
        rows: list[Row] = []
        if digests and self.path.is_file():
            rows = self._try(lambda connection: select(connection, space, digests), [])
        rows = [row for row in rows if len(row.vector) == len(rows[0].vector) // 4 * 4]
        self._touch([row.id for row in rows if row.used < self._clock() - _TOUCH_SECONDS])
        width = len(rows[0].vector) if rows else 0
        vector_of = {row.text: row.vector for row in rows}
        found = np.array([digest in vector_of for digest in digests], dtype=np.bool_)
        joined = b"".join(vector_of[digest] for digest in digests if digest in vector_of)
        return _without_non_finite(
            found, np.frombuffer(joined, np.float32).reshape(found.sum(), width // 4)
        )

    def put_many(self, space: str, digests: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Store the vectors (n, d) of texts, replacing existing ones."""
        if self.limit == 0 or not len(digests):
            return
        blobs = [row.tobytes() for row in np.asarray(vectors, dtype=np.float32)]
        now = int(self._clock())
        self._try(lambda connection: insert(connection, space, digests, blobs, now), None)
        self._try(lambda connection: remove_oldest(connection, self.limit), None)

    def info(self) -> CacheInfo:
        """Return the size of the cache."""
        empty_info = CacheInfo(self.path, 0, 0, 0, self.limit)
        return self._try(self._count, empty_info) if self.path.is_file() else empty_info

    def clear(self) -> None:
        """Delete all vectors and release the disk space.

        Raises
        ------
        OutputError
            The file cannot be written.
        """
        if not self.path.is_file():
            return
        try:
            with connected(self.path) as connection:
                empty(connection)
        except (sqlite3.Error, OSError) as error:
            if not is_damage(error):
                raise OutputError(f"{self.path} cannot be cleared: {error}") from error
            self._set_aside(error)

    def _try(self, work: Callable[[sqlite3.Connection], T], fallback: T) -> T:
        """Run an operation; on a new file if this one is damaged; else return the fallback."""
        try:
            try:
                return self._run(work)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._set_aside(error)
                return self._run(work)
        except (sqlite3.Error, OSError) as error:
            self._warn(
                "unusable",
                f"the vector cache {self.path} cannot be used ({error}): "
                "texts are encoded without caching",
            )
            return fallback

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with connected(self.path) as connection:
            return work(connection)

    def _touch(self, ids: list[int]) -> None:
        if ids:
            now = int(self._clock())
            self._try(lambda connection: mark_used(connection, ids, now), None)

    def _count(self, connection: sqlite3.Connection) -> CacheInfo:
        return CacheInfo(
            path=self.path,
            entries=number(connection, "SELECT count(*) FROM entries"),
            bytes=used_bytes(connection),
            spaces=number(connection, "SELECT count(*) FROM spaces"),
            limit=self.limit,
        )

    def _set_aside(self, error: Exception) -> None:
        kept = self.path.with_name("vectors.damaged.sqlite")
        for suffix in ("-wal", "-shm", ""):
            part = self.path.with_name(self.path.name + suffix)
            if part.exists():
                part.replace(kept.with_name(kept.name + suffix))
        self._warn(
            "damaged",
            f"the vector cache {self.path} is damaged ({error}): it is renamed to "
            f"{kept.name} and a new one is created",
        )

    def _warn(self, what: str, message: str) -> None:
        if (self.path, what) not in _warned:
            _warned.add((self.path, what))
            warnings.warn(message, RuntimeWarning, stacklevel=2)


def _without_non_finite(found: NDArray[np.bool_], vectors: NDArray[np.float32]) -> Lookup:
    """Drop vectors with non-finite values, which a disk fault can cause."""
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        found[np.flatnonzero(found)[~finite]] = False
        vectors = vectors[finite]
    return Lookup(found, vectors)
