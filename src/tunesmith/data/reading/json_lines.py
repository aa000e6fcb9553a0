"""Read JSON Lines: an object, an array or a text on each line."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tunesmith.data.loaded import Records, Rejected
from tunesmith.data.reading.json_rows import (
    SAMPLE,
    RowForm,
    RowTable,
    array_layout,
    parsed,
    reason,
)
from tunesmith.data.reading.rows import Row, Rows, raise_on_rejected
from tunesmith.errors import UnreadableFile


def read_json_lines(path: Path, name: str) -> Records:
    """Read a UTF-8 file with a JSON value per line, ignoring blank lines.

    A line with a string is a row with the single column ``text``.

    Raises
    ------
    UnreadableFile
        No line can be read.
    """
    rows = RowTable()
    for number, (line, content) in enumerate(_lines(path), start=1):
        try:
            rows.add(_value(content), number)
        except (ValueError, RecursionError) as error:
            rows.rejected.append(Rejected(line, reason(error)))
    if not rows.numbers:
        first = rows.rejected[0]
        raise UnreadableFile(
            f"no line of {name} can be read as a JSON object; line {first.line}: {first.reason}",
            file=name,
            line=first.line,
        )
    return rows.records()


def open_json_lines(path: Path, name: str) -> Rows:
    """Open a file to read its rows one by one, as :func:`read_json_lines` reads them.

    Raises
    ------
    UnreadableFile
        A line cannot be read, since every row needs a result.
    """
    form, names = RowForm(), dict[str, None]()
    for row in _checked_rows(path, name, form):  # a column may first appear in any row
        names.update(dict.fromkeys(row))
    if not form.width:
        return Rows(name, tuple(names), lambda: _cells(path, name, tuple(names)))
    sample = list(islice(_cells(path, name, tuple(names)), SAMPLE))
    layout = array_layout(sample)
    skip = int(layout.has_header)
    return Rows(
        name,
        layout.names,
        lambda: islice(_cells(path, name, tuple(names)), skip, None),
        layout.notes,
    )


def holds_json_lines(path: Path) -> bool:
    """Return whether the first non-blank line is a JSON object or an array of texts."""
    for _, line in islice(_lines(path), 1):
        try:
            value = _value(line)
            return isinstance(value, dict | list) and bool(RowForm().row(value))
        except (ValueError, RecursionError):
            return False
    return False


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, line


def _value(line: bytes) -> Any:
    """Return the JSON value of a line, without a comma after it.

    Raises
    ------
    ValueError, RecursionError
        As for :func:`tunesmith.data.reading.json_rows.parsed`.
    """
    content = line.strip()
    return parsed(content[:-1] if content.endswith((b"},", b"],", b'",')) else content)


def _checked_rows(path: Path, name: str, form: RowForm) -> Iterator[Any]:
    for number, content in _lines(path):
        try:
            yield form.row(_value(content))
        except (ValueError, RecursionError) as error:
            raise_on_rejected([Rejected(number, reason(error))], name)


def _cells(path: Path, name: str, names: tuple[str, ...]) -> Iterator[Row]:
    for row in _checked_rows(path, name, RowForm()):
        yield tuple(map(row.get, names))
