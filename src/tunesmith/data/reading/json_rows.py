"""Rows of JSON values, parsed with the standard library.

Unlike DuckDB and Arrow, it does not convert texts that look like dates. It also reports the line
and column of a syntax error, so bad lines can be rejected one by one.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tunesmith.data.loaded import Records, Rejected
from tunesmith.data.reading.header import column_names, has_header, has_known_name
from tunesmith.data.reading.missing import known

SAMPLE: Final = 1000
"""The number of arrays that decide how arrays are read."""
_PYTHON: Final = re.compile(r"\s*[\[{]\s*'")
_TRIPLET = ("anchor", "positive", "negative")


class NotARow(ValueError):
    """A JSON value that is not a row."""


@dataclass(frozen=True)
class ArrayLayout:
    """How arrays are read: the names of their values, and whether the first array has them."""

    names: tuple[str, ...]
    has_header: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """A note on the names, unless the file has its own."""
        return () if self.has_header else (f"arrays read as {', '.join(self.names)}",)


@dataclass
class RowForm:
    """Turns JSON values into rows of one form, that of the first: an object, an array or a text."""

    width: int | None = None

    def row(self, value: Any) -> Mapping[str, Any]:
        """Return a value as a row, with None for what is missing.

        Raises
        ------
        NotARow
            It is not a row, or an array of another length than the first.
        """
        if isinstance(value, list) and self.width != 0:
            return self._array(value)
        if self.width:
            raise NotARow(f"it is {what(value)}, not an array of {self.width} values")
        if not isinstance(value, str) and (not isinstance(value, dict) or not value):
            raise NotARow(f"it is {what(value)}, not an object with columns")
        self.width = 0
        found: Mapping[str, Any] = known({"text": value} if isinstance(value, str) else value)
        return found

    def _array(self, values: list[Any]) -> Mapping[str, Any]:
        nested = next((value for value in values if isinstance(value, list | dict)), None)
        if nested is not None:
            raise NotARow(f"it is an array that holds {what(nested)}, not plain values only")
        if len(values) < 2 or not any(isinstance(value, str) for value in values):
            raise NotARow("it is a list without a text, or of fewer than two plain values")
        if self.width not in (None, len(values)):
            raise NotARow(f"it is an array of {len(values)} values instead of {self.width}")
        self.width = len(values)
        return dict(zip(column_names(None, len(values)), known(values), strict=True))


@dataclass
class RowTable:
    """Rows collected column by column; a column may first appear in any row."""

    form: RowForm = field(default_factory=RowForm)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def add(self, value: Any, number: int) -> None:
        """Add a JSON value as a row.

        Raises
        ------
        NotARow
            It is not a row of the form of the others.
        """
        for name, cell in self.form.row(value).items():
            column = self.columns.setdefault(name, [])
            column.extend([None] * (len(self.numbers) - len(column)))
            column.append(cell)
        self.numbers.append(number)

    def records(self) -> Records:
        """Return the rows as an Arrow table."""
        height = len(self.numbers)
        columns = {
            name: [*column, *[None] * (height - len(column))]
            for name, column in self.columns.items()
        }
        rows = np.asarray(self.numbers, dtype=np.int64)
        rejected = tuple(self.rejected)
        if not self.form.width:
            table = pa.table({name: arrow_column(column) for name, column in columns.items()})
            return Records(table, rows, rejected)
        layout = array_layout(list(zip(*(each[:SAMPLE] for each in columns.values()), strict=True)))
        skip = int(layout.has_header)
        cells = [arrow_column(column[skip:]) for column in columns.values()]
        table = pa.table(cells, names=list(layout.names))
        return Records(table, rows[skip:] - skip, rejected, layout.notes, layout.has_header)


def array_layout(rows: Sequence[Sequence[Any]]) -> ArrayLayout:
    """Return the layout of a file of arrays, given the first of them.

    Three texts are a triplet, unless the third values repeat, as labels do. Any other arrays are
    rows without header, whose columns are detected by their values.

    Examples
    --------
    >>> array_layout([("my card", "lost card", "my order"), ("hi", "hello", "bye")]).names
    ('anchor', 'positive', 'negative')
    >>> array_layout([("my card", "lost card", 0.9), ("hi", "bye", 0.9)]).names
    ('column1', 'column2', 'column3')
    """
    first = rows[0]
    if _is_header(first, rows[1:]):
        return ArrayLayout(tuple(first), has_header=True)
    last = [row[-1] for row in rows]
    texts = all(isinstance(cell, str | None) for row in rows for cell in row)
    if len(first) == 3 and texts and 2 * len(set(last)) > len(last):
        return ArrayLayout(_TRIPLET)
    return ArrayLayout(column_names(None, len(first)))


def _is_header(first: Sequence[Any], rows: Sequence[Sequence[Any]]) -> bool:
    """Return whether the first array holds names: one of them is known, and none is a value."""
    if not rows or not all(isinstance(cell, str) and cell.strip() for cell in first):
        return False
    if len(set(first)) < len(first) or not has_known_name(first):
        return False
    return has_header([first, *([_as_text(cell) or "" for cell in row] for row in rows)])


def arrow_column(values: Sequence[Any]) -> pa.Array:
    """Return values as an Arrow array, or as strings if their types differ.

    A text among lists is a list of one.
    Objects whose values are all numbers, booleans or null become a map, since each row may have
    different keys. A key with a null value counts as absent.
    """
    if _are_label_objects(values):
        pairs = [None if value is None else _known_items(value) for value in values]
        return pa.array(pairs, pa.map_(pa.string(), pa.float64()))
    if {type(value) for value in values} - {type(None)} == {list, str}:
        values = [[value] if isinstance(value, str) else value for value in values]
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.array([_as_text(value) for value in values], pa.string())


def parsed(content: bytes) -> Any:
    """Return a JSON value.

    Raises
    ------
    ValueError, RecursionError
        It is not valid JSON, or holds an incomplete character.
    """
    value = json.loads(content.decode("utf-8"))
    if b"\\ud" in content or b"\\uD" in content:
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # fails on a lone surrogate
    return value


def reason(error: ValueError | RecursionError) -> str:
    """Return why a value is not a row, phrased to follow "line 7: "."""
    if isinstance(error, json.JSONDecodeError):
        python = "; it is written as in Python: use json.dumps" if _PYTHON.match(error.doc) else ""
        return f"not valid JSON: {error.msg} (column {error.colno}){python}"
    if isinstance(error, UnicodeDecodeError):
        return "it contains bytes that are not UTF-8"
    if isinstance(error, UnicodeEncodeError):
        return "it contains an incomplete character (a lone surrogate)"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error)


def what(value: Any) -> str:
    """Return the type of a JSON value, with its article."""
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    names = {str: "a text", bytes: "bytes", bool: "a boolean", type(None): "null"}
    number = "a number" if isinstance(value, int | float) else f"of the type {type(value).__name__}"
    return names.get(type(value), number)


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
    return json.dumps(value, ensure_ascii=False, default=str)
