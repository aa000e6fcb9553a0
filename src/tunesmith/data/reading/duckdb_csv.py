"""Call DuckDB's CSV reader with access to a single file only."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from tunesmith.data.reading.dialect import Dialect
from tunesmith.data.reading.encoding import MAX_LINE_BYTES


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


@dataclass(frozen=True)
class Survey:
    """The number of rows and of filled cells per column, and whether no record is rejected."""

    all_read: bool
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
    with _connection(path) as connection:
        try:
            table = connection.sql(_READ, params=_parameters(path, dialect)).to_arrow_table()
        except _error():
            return None
        found = connection.execute(_REJECTS).fetchall()
    firsts = {byte: Reject(byte, error, message) for byte, error, message in reversed(found)}
    return Scan(_strings(table), tuple(firsts[byte] for byte in sorted(firsts)))


def survey(path: Path, dialect: Dialect) -> Survey | None:
    """Read a UTF-8 file without keeping its cells; return ``None`` as :func:`scan` does."""
    with _connection(path) as connection:
        try:
            rows, *filled = connection.sql(_SURVEY, params=_parameters(path, dialect)).fetchall()[0]
        except _error():
            return None
        rejected = connection.execute("select count(*) from rejects").fetchall()[0][0]
    return Survey(rejected == 0, rows, tuple(filled))


def scan_batches(path: Path, dialect: Dialect, size: int) -> Iterator[pa.Table]:
    """Yield the rows of a file that :func:`survey` could read, in tables of about ``size`` rows."""
    with _connection(path) as connection:
        found = connection.sql(_READ, params=_parameters(path, dialect))
        for batch in found.to_arrow_reader(size):
            yield _strings(pa.Table.from_batches([batch]))


@contextmanager
def _connection(path: Path) -> Iterator[Any]:
    import duckdb

    with duckdb.connect(":memory:") as connection:
        connection.execute("set autoinstall_known_extensions = false")
        connection.execute("set autoload_known_extensions = false")
        connection.execute("set allowed_paths = ?", [[str(path)]])
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection


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
