"""Read JSON and JSON Lines with the standard library's parser.

Unlike DuckDB and Arrow, it does not convert texts that look like dates. It also reports the line
and column of a syntax error, so bad lines can be rejected one by one.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tunesmith.data.loaded import Records, Rejected
from tunesmith.errors import UnreadableFile

MAX_DOCUMENT_BYTES = 128 * 2**20
"""Size limit for a JSON document, which is read whole; JSON Lines are read line by line."""


class _NotAnObject(ValueError):
    """A JSON value that is not a row."""


@dataclass
class _Rows:
    """Rows collected column by column; a column may first appear in any row."""

    columns: dict[str, list[Any]] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def add(self, row: Mapping[str, Any], number: int) -> None:
        for name, value in row.items():
            column = self.columns.setdefault(name, [])
            column.extend([None] * (len(self.numbers) - len(column)))
            column.append(value)
        self.numbers.append(number)

    def records(self, notes: Sequence[str] = ()) -> Records:
        height = len(self.numbers)
        columns = {
            name: arrow_column([*column, *[None] * (height - len(column))])
            for name, column in self.columns.items()
        }
        rows = np.asarray(self.numbers, dtype=np.int64)
        return Records(pa.table(columns), rows, tuple(self.rejected), tuple(notes))


def read_json_lines(path: Path, name: str) -> Records:
    """Read a UTF-8 file with one JSON object per line, ignoring blank lines.

    A line with a string is a row with the single column ``text``.

    Raises
    ------
    UnreadableFile
        No line can be read.
    """
    rows, number = _Rows(), 0
    with path.open("rb") as file:
        for line_number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            number += 1
            try:
                rows.add(_row(_parsed(line)), number)
            except (ValueError, RecursionError) as error:
                rows.rejected.append(Rejected(line_number, _line_reason(error)))
    if not rows.numbers:
        first = rows.rejected[0]
        raise UnreadableFile(
            f"no line of {name} can be read as a JSON object; line {first.line}: {first.reason}",
            file=name,
            line=first.line,
        )
    return rows.records()


def read_json(path: Path, name: str) -> Records:
    """Read a UTF-8 file with a list of objects or one object of columns.

    A file that turns out to be JSON Lines is read as JSON Lines.

    Raises
    ------
    UnreadableFile
        The file is not valid JSON, larger than 128 MiB, or has another structure.
    """
    if path.stat().st_size > MAX_DOCUMENT_BYTES:
        raise UnreadableFile(
            f"{name} is a JSON document larger than {MAX_DOCUMENT_BYTES // 2**20} MiB",
            hint="save it as JSON Lines, with one object per line, in a .jsonl file",
            file=name,
        )
    try:
        document = _parsed(path.read_bytes())
    except json.JSONDecodeError as error:
        if _is_json_lines(path):
            return read_json_lines(path, name)
        raise UnreadableFile(
            f"line {error.lineno} of {name} is not valid JSON: {error.msg} (column {error.colno})",
            file=name,
            line=error.lineno,
        ) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(
            f"{name} is not valid JSON: {_line_reason(error)}", file=name
        ) from error
    return _document_rows(document, name)


def arrow_column(values: Sequence[Any]) -> pa.Array:
    """Return values as an Arrow array, or as strings if their types differ.

    Objects whose values are all numbers, booleans or null become a map, since each row may have
    different keys. A key with a null value counts as absent.
    """
    if _are_label_objects(values):
        pairs = [None if value is None else _known_items(value) for value in values]
        return pa.array(pairs, pa.map_(pa.string(), pa.float64()))
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.array([_as_text(value) for value in values], pa.string())


def _parsed(content: bytes) -> Any:
    value = json.loads(content.decode("utf-8"))
    if b"\\ud" in content or b"\\uD" in content:
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # fails on a lone surrogate
    return value


def _row(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        return {"text": value}
    if not isinstance(value, dict) or not value:
        raise _NotAnObject(f"it is {_what(value)}, not an object with columns")
    return value


def _what(value: Any) -> str:
    names = {dict: "an empty object", list: "a list", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _line_reason(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON: {error.msg} (column {error.colno})"
    if isinstance(error, UnicodeDecodeError):
        return "it contains bytes that are not UTF-8"
    if isinstance(error, UnicodeEncodeError):
        return "it contains an incomplete character (a lone surrogate)"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error)


def _is_json_lines(path: Path) -> bool:
    """Return whether the first non-blank line is a JSON object."""
    with path.open("rb") as file:
        for line in islice(filter(bytes.strip, file), 1):
            try:
                return isinstance(_parsed(line), dict)
            except (ValueError, RecursionError):
                return False
    return False


def _document_rows(document: Any, name: str) -> Records:
    if isinstance(document, dict) and document:
        return _from_columns(document, name)
    if not isinstance(document, list) or not document:
        raise UnreadableFile(
            f"{name} contains {'an empty list' if document == [] else _what(document)}: it must be"
            " a list of objects, or an object of columns",
            file=name,
        )
    rows = _Rows()
    for number, value in enumerate(document, start=1):
        try:
            rows.add(_row(value), number)
        except _NotAnObject as error:
            raise UnreadableFile(
                f"item {number} of {name} cannot be read: {error}", file=name
            ) from error
    return rows.records()


def _from_columns(document: Mapping[str, Any], name: str) -> Records:
    only = next(iter(document.values()))
    if len(document) == 1 and isinstance(only, list) and all(isinstance(row, dict) for row in only):
        return _document_rows(only, name)  # {"data": [{…}, …]}
    columns = {key: _column_values(value) for key, value in document.items()}
    lists = {key: values for key, values in columns.items() if values is not None}
    if len(lists) < len(columns):
        if _is_row(document):
            return _single_row(document)
        wrong = next(key for key, values in columns.items() if values is None)
        raise UnreadableFile(
            f"{wrong!r} in {name} is not a list: the file must be a list of objects, or an object"
            " of columns",
            file=name,
        )
    heights = {key: len(values) for key, values in lists.items()}
    if len(set(heights.values())) > 1 or not any(heights.values()):
        shown = ", ".join(f"{key!r} {height}" for key, height in heights.items())
        raise UnreadableFile(
            f"the columns of {name} must have the same length, at least 1; the lengths are {shown}",
            file=name,
        )
    table = pa.table({key: arrow_column(values) for key, values in lists.items()})
    return Records(table, np.arange(1, table.num_rows + 1, dtype=np.int64))


def _column_values(value: Any) -> list[Any] | None:
    """Return a column's values; pandas writes a column as an object of row number to value."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and value and all(key.isdigit() for key in value):
        return list(value.values())
    return None


def _is_row(document: Mapping[str, Any]) -> bool:
    return any(isinstance(value, str) for value in document.values())


def _single_row(document: Mapping[str, Any]) -> Records:
    rows = _Rows()
    rows.add(document, 1)
    return rows.records()


def _are_label_objects(values: Iterable[Any]) -> bool:
    any_filled = False
    for value in values:
        if value is None:
            continue
        if not isinstance(value, dict):
            return False
        if not all(item is None or isinstance(item, int | float) for item in value.values()):
            return False
        any_filled = any_filled or bool(value)
    return any_filled


def _known_items(value: Mapping[str, Any]) -> list[tuple[str, float]]:
    return [(key, float(item)) for key, item in value.items() if item is not None]


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
