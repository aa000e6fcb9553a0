"""Find the header of a delimited file, given its records: below titles, and of another width.

The first row is a header if it has known names, or if its cells do not look like values of their
columns. It may have empty cells at its end, or lack the name of a column of row numbers or codes,
as R writes them.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tunesmith.data.column_names import is_known
from tunesmith.data.word_count import word_count

Record = Sequence[str]

_MAX_TITLES = 20
_NAME_WORDS = 3
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_NUMBER_OR_DATE = re.compile(
    rf"{_NUMBER.pattern}|nan|\d{{4}}-\d\d-\d\d.*|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}.*"
)
_ROW_NAME = re.compile(r"[\w.-]*\d[\w.-]*")
_MISSING = frozenset(("", "nan", "na", "n/a", "null", "none", "-"))


@dataclass(frozen=True)
class Layout:
    """Where the rows of a file begin, and how wide they are.

    Parameters
    ----------
    start
        The position of the header, or of the first row without one; records above it are titles.
    width
        The number of cells of a row.
    header
        The names, ``width`` of them, or ``None``.
    share
        The share of the records from ``start`` that have ``width`` cells.
    prose
        Whether spaces follow the delimiter in most records, so that it may belong to a text.
    """

    start: int
    width: int
    header: tuple[str, ...] | None
    share: float
    prose: bool = False


def find_layout(records: Sequence[Record], *, prose: bool = False) -> Layout:
    """Return the layout of a file's records, of which there is at least one.

    Parameters
    ----------
    records
        The cells of each record.
    prose
        Whether spaces follow the delimiter in most records, so that it may belong to a text.

    Examples
    --------
    >>> rows = [["my card", "card"], ["my order", "order"]]
    >>> find_layout([["Tickets of May"], ["text", "label", ""], *rows])
    Layout(start=1, width=2, header=('text', 'label'), share=1.0, prose=False)
    """
    usual = Counter(map(len, records[1:] or records)).most_common(1)[0][0]
    start = _start(records, usual, prose=prose)
    head, body = records[start], records[start + 1 :]
    fitted = _fitted(head, body, usual, prose=prose)
    if fitted is None:  # the names of the header decide, and other rows are rejected
        fitted, usual = list(head), len(head)
    is_header = start > 0 or len(head) < usual or has_header([fitted, *body])
    regular = sum(len(record) == usual for record in body) + 1
    header = tuple(fitted) if is_header else None
    return Layout(start, usual, header, regular / (len(body) + 1), prose)


def has_known_name(record: Record) -> bool:
    """Return whether a cell is a known column name."""
    return any(map(is_known, record))


def has_header(records: Sequence[Record]) -> bool:
    """Return whether the first record holds names, and not values of its columns."""
    first = _stripped(records[0])
    if first == [str(number) for number in range(len(first))] and len(first) > 1:
        return True  # pandas writes such a header for a table without column names
    folded = [cell.casefold() for cell in first]
    body = [record for record in records[1:] if _folded(record) != folded]
    repeats = has_known_name(first) or _are_short(first, body)
    columns = _columns(body if repeats else records[1:], len(first))
    if any(cell and cell in column for cell, column in zip(first, columns, strict=True)):
        return False
    if has_known_name(first) or any(map(_contrasts, first, columns)):
        return True
    return not any(_is_value(cell, column) for cell, column in zip(first, columns, strict=True))


def column_names(header: Record | None, width: int) -> tuple[str, ...]:
    """Return a name for each column: its own, or ``column`` and its number if it has none."""
    own = [cell.strip() for cell in header] if header else [""] * width
    return tuple(name or f"column{number}" for number, name in enumerate(own, start=1))


def repeated_name(names: Sequence[str]) -> str | None:
    """Return the first duplicate column name, or ``None``."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _start(records: Sequence[Record], width: int, *, prose: bool) -> int:
    """Return the position of the header below the titles, if there are any."""
    if width < 2 or _may_be_names(records[0]):
        return 0
    heads = list(_heads(records, width, prose=prose))
    named = (at for at, head, body in heads if _is_named_header(head, body))
    clear = (at for at, head, body in heads if _is_below_gaps(records[:at], head, body))
    evident = (
        at
        for at, head, body in heads
        if all(map(_is_title, records[:at])) and _is_evident_header(head, body)
    )
    return next(named, 0) or (0 if prose else next(clear, 0) or next(evident, 0))


def _may_be_names(record: Record) -> bool:
    """Return whether a record has a known name, and is not a comment such as ``# text``."""
    return has_known_name(record) and not (len(record) == 1 and record[0].lstrip().startswith("#"))


def _heads(
    records: Sequence[Record], width: int, *, prose: bool
) -> Iterator[tuple[int, list[str], Sequence[Record]]]:
    """Yield the records that may be a header below titles, with their positions and bodies."""
    for position in range(1, min(len(records) - 1, _MAX_TITLES + 1)):
        if _may_be_names(records[position - 1]):
            return
        body = records[position + 1 :]
        fitted = _fitted(records[position], body, width, prose=prose)
        if fitted is not None:
            yield position, fitted, body


def _is_named_header(head: Record, body: Sequence[Record]) -> bool:
    return sum(map(is_known, head)) >= 2 and has_header([head, *body])


def _is_below_gaps(above: Sequence[Record], head: Record, body: Sequence[Record]) -> bool:
    """Return whether a header without gaps, above numbers, is below lines that all have gaps."""
    if not all(map(str.strip, head)) or any(all(map(str.strip, record)) for record in above):
        return False
    whole = all(len(record) == len(head) for record in above)
    return whole and any(map(_contrasts, head, _columns(body, len(head))))


def _is_title(record: Record) -> bool:
    """Return whether a record is a line of text or blank; Excel fills it up with delimiters."""
    return sum(bool(cell.strip()) for cell in record) <= 1


def _is_evident_header(head: Record, body: Sequence[Record]) -> bool:
    if _is_title(head) or not has_header([head, *body]):
        return False
    columns = _columns(body, len(head))
    repeating = len(body) > 3 and any(2 * len(set(column)) <= len(column) for column in columns)
    known = has_known_name(head) or any(map(_contrasts, head, columns))
    return known or repeating


def _fitted(head: Record, body: Sequence[Record], width: int, *, prose: bool) -> list[str] | None:
    """Return a header with a cell for each column, or ``None`` if it fits the rows in no way."""
    if len(head) >= width:
        extra = any(cell.strip() for cell in head[width:])
        return None if extra else list(head[:width])
    lacking = width - len(head)
    columns = _columns([record for record in body if len(record) == width], width)
    if not any(cell.strip() for column in columns[-lacking:] for cell in column):
        return [*head, *[""] * lacking]
    named = lacking == 1 and not prose and _are_row_names(columns[0])
    return ["", *head] if named else None


def _are_row_names(column: Sequence[str]) -> bool:
    distinct = len(set(column)) == len(column) > 1
    return distinct and all(map(_ROW_NAME.fullmatch, column))


def _stripped(record: Record) -> list[str]:
    return [cell.strip() for cell in record]


def _folded(record: Record) -> list[str]:
    return [cell.strip().casefold() for cell in record]


def _are_short(first: Sequence[str], body: Sequence[Record]) -> bool:
    """Return whether cells are short names above a column of texts, which may be repeated."""
    if len(first) < 2 or not body or not all(0 < word_count(cell) <= _NAME_WORDS for cell in first):
        return False
    words = ([word_count(cell) for cell in column] for column in _columns(body, len(first)))
    return any(median(counts or [0]) > _NAME_WORDS for counts in words)


def _columns(records: Sequence[Record], width: int) -> list[list[str]]:
    return [[row[index] for row in records if len(row) > index] for index in range(width)]


def _contrasts(cell: str, column: Sequence[str]) -> bool:
    """Return whether a column has only numbers or dates but the cell above it is neither."""
    values = [value.strip() for value in column if value.strip()]
    numeric = bool(values) and all(map(_NUMBER_OR_DATE.fullmatch, values))
    return numeric and not _NUMBER_OR_DATE.fullmatch(cell) and cell.lower() not in _MISSING


def _is_value(cell: str, column: Sequence[str]) -> bool:
    """Return whether a cell of the first row looks like a value and not like a column name."""
    if _NUMBER.fullmatch(cell):
        return True
    filled = [len(value) for value in column if value]
    return word_count(cell) >= 4 and len(cell) >= median(filled or [0]) / 2
