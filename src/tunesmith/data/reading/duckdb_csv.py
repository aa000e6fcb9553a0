"""One call of DuckDB's CSV reader, shut off from everything but the one file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from tunesmith.data.reading.dialect import Dialect
from tunesmith.data.reading.encoding import MAX_LINE_BYTES


@dataclass(frozen=True)
class Reject:
    """A row of the reject table.

    Parameters
    ----------
    byte
        Where the record begins in the file, counted from 1.
    error
        DuckDB's name for what is wrong, such as ``"MISSING COLUMNS"``.
    message
        DuckDB's sentence about it.
    """

    byte: int
    error: str
    message: str


@dataclass(frozen=True, eq=False)
class Scan:
    """The records that could be read, as string columns, and those that could not."""

    table: pa.Table
    rejects: tuple[Reject, ...]


# The path and every value are parameters; no part of a file's name or content becomes SQL.
_READ = """
    from read_csv($path, delim = $delimiter, quote = $quote, escape = $quote, header = $header,
        columns = $columns, auto_detect = false, comment = '', hive_partitioning = false,
        compression = 'none', allow_quoted_nulls = false, strict_mode = true,
        max_line_size = $line, buffer_size = $buffer,
        store_rejects = true, rejects_table = 'rejects', rejects_scan = 'scans',
        rejects_limit = 0, rejects_line_size_limit = 100)
"""
_REJECTS = """
    select line_byte_position, error_type::varchar, error_message
    from rejects order by line_byte_position, error_type = 'UNQUOTED VALUE' desc
"""


def scan(path: Path, dialect: Dialect) -> Scan | None:
    """Read a UTF-8 file; ``None`` where DuckDB refuses, as it does mixed line ends."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        _shut_off(connection, path)
        try:
            table = connection.sql(_READ, params=_parameters(path, dialect)).to_arrow_table()
        except duckdb.Error:
            return None
        found = connection.execute(_REJECTS).fetchall()
    firsts = {byte: Reject(byte, error, message) for byte, error, message in reversed(found)}
    strings = pa.schema([(name, pa.string()) for name in table.column_names])
    return Scan(table.cast(strings), tuple(firsts[byte] for byte in sorted(firsts)))


def _shut_off(connection: Any, path: Path) -> None:
    connection.execute("set autoinstall_known_extensions = false")
    connection.execute("set autoload_known_extensions = false")
    connection.execute("set allowed_paths = ?", [[str(path)]])
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def _parameters(path: Path, dialect: Dialect) -> dict[str, object]:
    return {
        "path": str(path),
        "delimiter": dialect.delimiter,
        "quote": '"' if dialect.quoted else "",
        "header": dialect.header is not None,
        "columns": {f"c{place}": "VARCHAR" for place in range(dialect.width)},
        "line": MAX_LINE_BYTES,
        "buffer": 2 * MAX_LINE_BYTES,
    }
