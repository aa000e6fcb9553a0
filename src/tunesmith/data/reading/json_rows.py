"""Reading JSON and JSON Lines, with the standard library's parser.

It keeps every value as it was written (DuckDB and Arrow turn texts that look like dates into
dates) and names the line and place of a mistake, so bad lines are rejected one by one.
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
"""A JSON document is read whole, so it has a limit; JSON Lines are read line by line."""


class _NotAnObject(ValueError):
    """A JSON value that is no row."""


@dataclass
class _Rows:
    """Rows as they are read, column by column; columns may appear in any row."""

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
    """Read a UTF-8 file with one JSON object a line; blank lines count for nothing.

    A line that is a string is a row with the one column ``text``.

    Raises
    ------
    UnreadableFile
        No line of it can be read.
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
            f"no line of {name} can be read as a JSON object; line {first.line}: {first.reason}"
        )
    return rows.records()


def read_json(path: Path, name: str) -> Records:
    """Read a UTF-8 file that holds a list of objects, or one object of columns.

    What turns out to be JSON Lines is read as such.

    Raises
    ------
    UnreadableFile
        It is broken (its line is named), larger than 128 MiB, or of another shape.
    """
    if path.stat().st_size > MAX_DOCUMENT_BYTES:
        raise UnreadableFile(
            f"{name} is one JSON document of more than {MAX_DOCUMENT_BYTES // 2**20} MiB: write it"
            " as JSON Lines, one object a line, in a file ending in .jsonl"
        )
    try:
        document = _parsed(path.read_bytes())
    except json.JSONDecodeError as error:
        if _is_json_lines(path):
            return read_json_lines(path, name)
        raise UnreadableFile(
            f"line {error.lineno} of {name} is not sound JSON: {error.msg} (column {error.colno})"
        ) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"{name} is not sound JSON: {_line_reason(error)}") from error
    return _document_rows(document, name)


def arrow_column(values: Sequence[Any]) -> pa.Array:
    """Return values as an Arrow array, as strings where they are of several types.

    Objects whose values are all numbers, truth values or null become a map, since each row has
    keys of its own; a key that is null counts as absent.
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
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # refuses half a character
    return value


def _row(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        return {"text": value}
    if not isinstance(value, dict) or not value:
        raise _NotAnObject(f"it is {_what(value)}, not an object with columns")
    return value


def _what(value: Any) -> str:
    names = {dict: "an empty object", list: "a list", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")


def _line_reason(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not sound JSON: {error.msg} (column {error.colno})"
    if isinstance(error, UnicodeDecodeError):
        return "it holds bytes that are not UTF-8"
    if isinstance(error, UnicodeEncodeError):
        return "it holds half a character (a lone surrogate)"
    if isinstance(error, RecursionError):
        return "its objects are nested too deep"
    return str(error)


def _is_json_lines(path: Path) -> bool:
    """Whether the first line that is not blank is an object by itself."""
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
            f"{name} holds {'an empty list' if document == [] else _what(document)}: it must be a"
            " list of objects, or an object of columns"
        )
    rows = _Rows()
    for number, value in enumerate(document, start=1):
        try:
            rows.add(_row(value), number)
        except _NotAnObject as error:
            raise UnreadableFile(f"item {number} of {name} cannot be read: {error}") from error
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
            f"{wrong!r} in {name} is no list: it must be a list of objects, or an object of columns"
        )
    heights = {key: len(values) for key, values in lists.items()}
    if len(set(heights.values())) > 1 or not any(heights.values()):
        shown = ", ".join(f"{key!r} {height}" for key, height in heights.items())
        raise UnreadableFile(
            f"the columns of {name} must have one length, and at least one row; they have {shown}"
        )
    table = pa.table({key: arrow_column(values) for key, values in lists.items()})
    return Records(table, np.arange(1, table.num_rows + 1, dtype=np.int64))


def _column_values(value: Any) -> list[Any] | None:
    """Return a column's values; pandas writes columns as objects of row number and value."""
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
    some = False
    for value in values:
        if value is None:
            continue
        if not isinstance(value, dict):
            return False
        if not all(item is None or isinstance(item, int | float) for item in value.values()):
            return False
        some = some or bool(value)
    return some


def _known_items(value: Mapping[str, Any]) -> list[tuple[str, float]]:
    return [(key, float(item)) for key, item in value.items() if item is not None]


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
