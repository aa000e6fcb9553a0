"""The tables of the vector cache and the SQL statements on them."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path

_VERSION = 1
_CHUNK = 5000  # parameters of one statement; SQLite takes 32,766
PATIENCE = 30.0  # seconds to wait while another process writes
_KEPT = 0.9  # share of the limit to which the cache is reduced
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
# Times of use are stored separately from the vectors, so that updating them rewrites few pages.
_SCHEMA = """
CREATE TABLE spaces (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE);
CREATE TABLE entries (
    id INTEGER PRIMARY KEY, space INTEGER NOT NULL, text BLOB NOT NULL, used INTEGER NOT NULL,
    UNIQUE (space, text)
);
CREATE TABLE vectors (id INTEGER PRIMARY KEY, vector BLOB NOT NULL);
"""
_SELECT = """
SELECT entries.id, text, used, vector FROM entries JOIN vectors USING (id)
WHERE space = (SELECT id FROM spaces WHERE digest = ?) AND text IN
"""


class OtherVersion(sqlite3.DatabaseError):
    """The file has a different schema."""


def is_damage(error: Exception) -> bool:
    """Return whether the file is damaged, not merely locked or read-only."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return isinstance(error, OtherVersion) or code in _DAMAGE


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file, create missing tables, and close it afterwards.

    Each operation has its own connection, so that none is shared with a forked process or another
    thread. Opening one takes less than a millisecond.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = NORMAL")
        if number(connection, "PRAGMA user_version") != _VERSION:
            _create(connection)
        yield connection
    finally:
        connection.close()


@dataclass(frozen=True)
class Row:
    """One text's entry."""

    id: int
    text: bytes
    used: int
    vector: bytes


def select(connection: sqlite3.Connection, space: str, digests: Sequence[bytes]) -> list[Row]:
    """Return the entries of the texts found in the cache, each once."""
    distinct = list(dict.fromkeys(digests))
    rows: list[Row] = []
    for start in range(0, len(distinct), _CHUNK):
        chunk = distinct[start : start + _CHUNK]
        query = f"{_SELECT} ({','.join('?' * len(chunk))})"
        found = connection.execute(query, (space, *chunk))
        rows.extend(Row(*row) for row in found)
    return rows


def insert(
    connection: sqlite3.Connection,
    space: str,
    digests: Sequence[bytes],
    blobs: Sequence[bytes],
    now: int,
) -> None:
    """Add vectors, replacing existing ones of the same texts."""
    with _transaction(connection):
        connection.execute("INSERT OR IGNORE INTO spaces (digest) VALUES (?)", (space,))
        row_id = number(connection, "SELECT id FROM spaces WHERE digest = ?", space)
        connection.executemany(
            "INSERT OR IGNORE INTO entries (space, text, used) VALUES (?, ?, ?)",
            [(row_id, digest, now) for digest in digests],
        )
        connection.executemany(
            "INSERT OR REPLACE INTO vectors SELECT id, ? FROM entries WHERE space = ? AND text = ?",
            [(blob, row_id, digest) for blob, digest in zip(blobs, digests, strict=True)],
        )


def mark_used(connection: sqlite3.Connection, ids: list[int], now: int) -> None:
    """Update the last-used time of entries."""
    with _transaction(connection):
        connection.executemany(
            "UPDATE entries SET used = ? WHERE id = ?", [(now, row_id) for row_id in ids]
        )


def empty(connection: sqlite3.Connection) -> None:
    """Delete everything and release the disk space."""
    with _transaction(connection):
        for table in ("vectors", "entries", "spaces"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from above
    _vacuum(connection)


def remove_oldest(connection: sqlite3.Connection, limit: int) -> None:
    """Delete the least recently used vectors if the cache exceeds ``limit`` bytes."""
    used = used_bytes(connection)
    if used <= limit:
        return
    entries = number(connection, "SELECT count(*) FROM entries")
    surplus = ceil(entries * (1 - _KEPT * limit / used))
    oldest = "(SELECT id FROM entries ORDER BY used, id LIMIT ?)"
    with _transaction(connection):
        connection.execute(f"DELETE FROM vectors WHERE id IN {oldest}", (surplus,))  # noqa: S608 - no external input
        connection.execute(f"DELETE FROM entries WHERE id IN {oldest}", (surplus,))  # noqa: S608 - no external input
        connection.execute(
            "DELETE FROM spaces WHERE id NOT IN (SELECT DISTINCT space FROM entries)"
        )
    _vacuum(connection)


def _vacuum(connection: sqlite3.Connection) -> None:
    # execute() would run one step of this pragma, which frees only one page.
    connection.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")


def _create(connection: sqlite3.Connection) -> None:
    """Create the tables in a new file; several processes may do so at the same time."""
    connection.execute("PRAGMA page_size = 8192")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    _retry_while_busy(lambda: connection.execute("PRAGMA journal_mode = WAL"))
    with _transaction(connection):
        if number(connection, "PRAGMA user_version") == _VERSION:
            return
        if number(connection, "SELECT count(*) FROM sqlite_master"):
            raise OtherVersion("it was written by another version")
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")


def _retry_while_busy(action: Callable[[], object]) -> None:
    """Retry an action for which SQLite does not wait: switching to a write-ahead log."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            action()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def number(connection: sqlite3.Connection, query: str, *parameters: object) -> int:
    """Return the single integer that a query yields."""
    return int(connection.execute(query, parameters).fetchone()[0])


def used_bytes(connection: sqlite3.Connection) -> int:
    """Return the number of bytes in use in the file."""
    pages = number(connection, "PRAGMA page_count") - number(connection, "PRAGMA freelist_count")
    return pages * number(connection, "PRAGMA page_size")
