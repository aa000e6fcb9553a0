"""Call DuckDB's CSV reader with access to a single file only."""

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


# The path and all values are parameters, so no part of a file's name or content becomes SQL.
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
    """Read a UTF-8 file; return ``None`` if DuckDB cannot, for example with mixed line endings."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        _restrict_access(connection, path)
        try:
            table = connection.sql(_READ, params=_parameters(path, dialect)).to_arrow_table()
        except duckdb.Error:
            return None
        found = connection.execute(_REJECTS).fetchall()
    firsts = {byte: Reject(byte, error, message) for byte, error, message in reversed(found)}
    strings = pa.schema([(name, pa.string()) for name in table.column_names])
    return Scan(table.cast(strings), tuple(firsts[byte] for byte in sorted(firsts)))


def _restrict_access(connection: Any, path: Path) -> None:
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
        "columns": {f"c{index}": "VARCHAR" for index in range(dialect.width)},
        "line": MAX_LINE_BYTES,
        "buffer": 2 * MAX_LINE_BYTES,
    }
