"""Call DuckDB's CSV reader with access to a single file only.

Starting DuckDB takes five times as long as reading a few hundred rows (25 ms instead of 5). So one
instance stays for small files, which are copied to the only folder that it may read.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow as pa

from tunesmith.data.reading.dialect import Dialect
from tunesmith.data.reading.encoding import MAX_LINE_BYTES

# Copying a file of this size takes less time than starting DuckDB.
_SMALL_BYTES = 2**20


@dataclass(frozen=True)
class Reject:
    """A row of DuckDB's table of rejected records.

    Parameters
    ----------
    byte
        The byte offset of the record in the file, counted from 1.
    error
        DuckDB's error type, such as ``"MISSING COLUMNS"``.
    message
        DuckDB's error message.
    """

    byte: int
    error: str
    message: str


@dataclass(frozen=True, eq=False)
class Scan:
    """The records that could be read, as string columns, and the rejected ones."""

    table: pa.Table
    rejects: tuple[Reject, ...]

    @property
    def rejected(self) -> int:
        """The number of rejected records."""
        return len(self.rejects)

    @property
    def rows(self) -> int:
        """The number of records that could be read."""
        return int(self.table.num_rows)


@dataclass(frozen=True)
class Survey:
    """The number of rejected records, of rows, and of filled cells per column."""

    rejected: int
    rows: int
    filled: tuple[int, ...]


# The path and all values are parameters, so no part of a file's name or content becomes SQL.
_READ = """
    from read_csv($path, delim = $delimiter, quote = $quote, escape = $quote, header = $header,
        columns = $columns, auto_detect = false, comment = '', hive_partitioning = false,
        compression = 'none', allow_quoted_nulls = false, strict_mode = true,
        max_line_size = $line, buffer_size = $buffer,
        store_rejects = true, rejects_table = 'rejects', rejects_scan = 'scans',
        rejects_limit = 0, rejects_line_size_limit = 100)
"""
_SURVEY = f"select count(*), count(nullif(trim(columns(*)), '')) {_READ}"
_REJECTS = """
    select line_byte_position, error_type::varchar, error_message
    from rejects order by line_byte_position, error_type = 'UNQUOTED VALUE' desc
"""


def scan(path: Path, dialect: Dialect) -> Scan | None:
    """Read a UTF-8 file; return ``None`` if DuckDB cannot, for example with mixed line endings."""
    with _connection(path) as (connection, readable):
        try:
            table = connection.sql(_READ, params=_parameters(readable, dialect)).to_arrow_table()
        except _error():
            return None
        found = connection.execute(_REJECTS).fetchall()
    firsts = {byte: Reject(byte, error, message) for byte, error, message in reversed(found)}
    return Scan(_strings(table), tuple(firsts[byte] for byte in sorted(firsts)))


def survey(path: Path, dialect: Dialect) -> Survey | None:
    """Read a UTF-8 file without keeping its cells; return ``None`` as :func:`scan` does."""
    with _connection(path) as (connection, readable):
        try:
            found = connection.sql(_SURVEY, params=_parameters(readable, dialect))
            rows, *filled = found.fetchall()[0]
        except _error():
            return None
        rejected = connection.execute("select count(*) from rejects").fetchall()[0][0]
    return Survey(rejected, rows, tuple(filled))


def scan_batches(path: Path, dialect: Dialect, size: int) -> Iterator[pa.Table]:
    """Yield the rows of a file that :func:`survey` could read, in tables of about ``size`` rows."""
    with _connection(path) as (connection, readable):
        found = connection.sql(_READ, params=_parameters(readable, dialect))
        for batch in found.to_arrow_reader(size):
            yield _strings(pa.Table.from_batches([batch]))


class _SmallFiles:
    """An instance that may only read the copies in a folder, which is there while one is read."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tunesmith-"))
        self._instance = _instance(self._folder)
        self._folder.rmdir()
        self._lock, self._numbers, self._readers = Lock(), count(), 0

    @contextmanager
    def reading(self, path: Path) -> Iterator[tuple[Any, Path]]:
        """Yield a connection of this thread, and the copy of the file."""
        with self._lock:
            if not self._readers:
                self._folder.mkdir(mode=0o700)
            self._readers += 1
            cursor = self._instance.cursor()
        try:
            with cursor:
                yield cursor, Path(shutil.copyfile(path, self._folder / f"{next(self._numbers)}"))
        finally:
            self._end()

    def _end(self) -> None:
        with self._lock:
            self._readers -= 1
            if not self._readers:
                shutil.rmtree(self._folder, ignore_errors=True)


@cache
def _small_files(process: int) -> _SmallFiles:
    """Return the instance of a process: a forked one has none of its parent's threads."""
    atexit.register(_end, process)
    return _SmallFiles()


def _end(process: int) -> None:
    """Close the instance before the interpreter ends, but not from a forked process."""
    if os.getpid() == process:
        _small_files.cache_clear()


@contextmanager
def _connection(path: Path) -> Iterator[tuple[Any, Path]]:
    """Yield a connection and the path at which it can read the file."""
    if path.is_file() and path.stat().st_size <= _SMALL_BYTES:
        with _small_files(os.getpid()).reading(path) as found:
            yield found
        return
    with _instance(path) as connection:
        yield connection, path


def _instance(readable: Path) -> Any:
    """Start DuckDB with access to one file or folder, which no later setting can widen."""
    import duckdb

    connection = duckdb.connect(":memory:")
    allowed = "allowed_directories" if readable.is_dir() else "allowed_paths"
    connection.execute("set enable_progress_bar = false")  # it goes to standard output after 2 s
    connection.execute("set autoinstall_known_extensions = false")
    connection.execute("set autoload_known_extensions = false")
    connection.execute(f"set {allowed} = ?", [[str(readable)]])
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _error() -> type[Exception]:
    import duckdb

    return duckdb.Error


def _strings(table: pa.Table) -> pa.Table:
    return table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))


def _parameters(path: Path, dialect: Dialect) -> dict[str, object]:
    return {
        "path": str(path),
        "delimiter": dialect.syntax.delimiter,
        "quote": dialect.syntax.quote,
        "header": dialect.header is not None,
        "columns": {f"c{index}": "VARCHAR" for index in range(dialect.width)},
        "line": MAX_LINE_BYTES,
        "buffer": 2 * MAX_LINE_BYTES,
    }
