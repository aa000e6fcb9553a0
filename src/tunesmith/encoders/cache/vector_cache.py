"""Vectors on disk, so that a text is encoded once: one SQLite file that many processes share."""

import hashlib
import os
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
from tunesmith.errors import OutputError, UsageError
from tunesmith.home import cache_folder

T = TypeVar("T")

DEFAULT_LIMIT = 4 * 2**30
LIMIT_VARIABLE = "TUNESMITH_CACHE_BYTES"
_FRESH = 60  # seconds for which a use need not be stamped again
_warned: set[tuple[Path, str]] = set()


def text_digest(text: str) -> bytes:
    """Return the 16 bytes that stand for a text (BLAKE2b)."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def space_digest(*parts: object) -> str:
    """Return a digest of all that decides a text's vector beside the text."""
    return hashlib.sha256("\0".join(map(repr, parts)).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Lookup:
    """What the cache holds of the texts asked for.

    Parameters
    ----------
    found
        Whether each text is there, shape (n,).
    vectors
        The vectors of those that are, in their order, float32, shape (found, d).
    """

    found: NDArray[np.bool_]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class CacheInfo:
    """How full the cache is.

    Parameters
    ----------
    path
        Its file.
    entries
        The vectors in it.
    bytes
        What they take on disk.
    spaces
        The combinations of encoder, prompt, length and scaling they belong to.
    limit
        The bytes beyond which those that were not used for longest are removed.
    """

    path: Path
    entries: int
    bytes: int
    spaces: int
    limit: int


class VectorCache:
    """A cache of vectors in the file ``vectors.sqlite``.

    Several processes and threads can use one file at a time, and a process that is killed
    leaves it whole. Nothing that happens to the file stops the work: a damaged one is set aside
    and begun anew, and where nothing can be written, nothing is kept; each with one warning.

    Parameters
    ----------
    folder
        Where the file lies; by default the cache folder in Tunesmith's home.
    limit
        The most bytes; by default ``TUNESMITH_CACHE_BYTES``, or 4 GiB. With 0 nothing is kept.
    clock
        Returns the time in seconds.

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
        """The file."""
        return (self.folder or cache_folder()) / "vectors.sqlite"

    @property
    def limit(self) -> int:
        """The most bytes it takes.

        Raises
        ------
        UsageError
            ``TUNESMITH_CACHE_BYTES`` is no number of bytes.
        """
        if self._limit is not None:
            return self._limit
        chosen = os.environ.get(LIMIT_VARIABLE) or str(DEFAULT_LIMIT)
        if not chosen.isdecimal():
            raise UsageError(
                f"{LIMIT_VARIABLE} is {chosen!r}: set it to a number of bytes, such as 1000000000"
            )
        return int(chosen)

    def get_many(self, space: str, digests: Sequence[bytes]) -> Lookup:
        """Look texts up.

        Parameters
        ----------
        space
            What :func:`space_digest` gave.
        digests
            What :func:`text_digest` gave for each text.
        """
        rows: list[Row] = []
        if digests and self.path.is_file():
            rows = self._try(lambda connection: select(connection, space, digests), [])
        rows = [row for row in rows if len(row.vector) == len(rows[0].vector) // 4 * 4]
        self._stamp([row.id for row in rows if row.used < self._clock() - _FRESH])
        width = len(rows[0].vector) if rows else 0
        held = {row.text: row.vector for row in rows}
        found = np.array([digest in held for digest in digests], dtype=np.bool_)
        joined = b"".join(held[digest] for digest in digests if digest in held)
        return _without_faults(
            found, np.frombuffer(joined, np.float32).reshape(found.sum(), width // 4)
        )

    def put_many(self, space: str, digests: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Keep the vectors (n, d) of texts, in place of what is there of them."""
        if self.limit == 0 or not len(digests):
            return
        blobs = [row.tobytes() for row in np.asarray(vectors, dtype=np.float32)]
        now = int(self._clock())
        self._try(lambda connection: insert(connection, space, digests, blobs, now), None)
        self._try(lambda connection: remove_oldest(connection, self.limit), None)

    def info(self) -> CacheInfo:
        """Tell how full it is."""
        nothing = CacheInfo(self.path, 0, 0, 0, self.limit)
        return self._try(self._count, nothing) if self.path.is_file() else nothing

    def clear(self) -> None:
        """Remove every vector and give the space back.

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

    def _try(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do the work, on a new file if this one is damaged, or not at all."""
        try:
            try:
                return self._once(work)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._set_aside(error)
                return self._once(work)
        except (sqlite3.Error, OSError) as error:
            self._warn(
                "unusable",
                f"the vector cache {self.path} cannot be used ({error}): "
                "texts are encoded all the same, and encoded again the next time",
            )
            return otherwise

    def _once(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with connected(self.path) as connection:
            return work(connection)

    def _stamp(self, ids: list[int]) -> None:
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
            f"the vector cache {self.path} is damaged ({error}): it is set aside "
            f"as {kept.name} and begun anew",
        )

    def _warn(self, what: str, message: str) -> None:
        if (self.path, what) not in _warned:
            _warned.add((self.path, what))
            warnings.warn(message, RuntimeWarning, stacklevel=2)


def _without_faults(found: NDArray[np.bool_], vectors: NDArray[np.float32]) -> Lookup:
    """Leave out vectors with a number that is not finite, as a fault of the disk makes them."""
    whole = np.isfinite(vectors).all(axis=1)
    if not whole.all():
        found[np.flatnonzero(found)[~whole]] = False
        vectors = vectors[whole]
    return Lookup(found, vectors)
