"""Detect the dialect of a delimited file: its delimiter, quoting and header.

DuckDB reads these files, but its sniffer is not used. In tests on small files it rejected those
with a broken quote or mixed line endings, and mistook a first row of texts for a header. The chosen
delimiter is the one that splits most records of a sample into the same number of cells. The first
row is a header if it has known names, or if its cells do not look like values of their columns.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tunesmith.data.column_names import is_known
from tunesmith.data.reading.encoding import MAX_LINE_BYTES

DELIMITERS = (",", ";", "\t", "|")
NO_DELIMITER = "\x1f"
"""A placeholder delimiter that occurs in no text, for files with one column, whose commas are
text."""

_SAMPLE_BYTES = 2**18
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_NUMBER_OR_DATE = re.compile(
    rf"{_NUMBER.pattern}|nan|\d{{4}}-\d\d-\d\d.*|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}.*"
)
_MISSING = frozenset(("", "nan", "na", "n/a", "null", "none", "-"))


@dataclass(frozen=True)
class Dialect:
    """The dialect of a delimited file.

    Parameters
    ----------
    delimiter
        The character between cells.
    quoted
        Whether ``"`` encloses cells; in some tab-separated files it is an ordinary character.
    header
        The cells of the first record if they are names, else ``None``.
    width
        The number of columns.
    """

    delimiter: str
    quoted: bool
    header: tuple[str, ...] | None
    width: int


@dataclass(frozen=True)
class _Sample:
    delimiter: str
    records: list[list[str]]

    @property
    def width(self) -> int:
        return len(self.records[0])

    @property
    def share(self) -> float:
        regular = sum(len(record) == self.width for record in self.records)
        return regular / len(self.records)


@contextmanager
def long_fields() -> Iterator[None]:
    """Raise the csv module's field size limit to fit the longest accepted line."""
    before = csv.field_size_limit(2 * MAX_LINE_BYTES)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def find_dialect(path: Path, *, tabs: bool = False) -> Dialect:
    """Detect the dialect of a UTF-8 file from its first 256 KiB; ``tabs`` if it is named TSV."""
    text = _sample_text(path)
    samples = [_Sample(delimiter, _records(text, delimiter)) for delimiter in DELIMITERS]
    chosen = max(samples, key=lambda sample: _rank(sample, tabs=tabs))
    doubtful = chosen.share < 0.5 and not _has_known_name(chosen.records[0])
    if chosen.width == 1 or doubtful:
        chosen = _Sample(NO_DELIMITER, _records(text, NO_DELIMITER))
    quoted = chosen.delimiter != "\t" or not _quotes_are_plain(text)
    if not quoted:
        chosen = _Sample("\t", _plain_cells(text))
    header = tuple(chosen.records[0]) if _has_header(chosen.records) else None
    return Dialect(chosen.delimiter, quoted, header, chosen.width)


def _sample_text(path: Path) -> str:
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
        if len(sample) == _SAMPLE_BYTES:
            sample += file.readline()
    return sample.decode("utf-8", "replace")


def _records(text: str, delimiter: str, *, strict: bool = False) -> list[list[str]]:
    lines = io.StringIO(text, newline="")
    with long_fields():
        return [
            record
            for record in csv.reader(
                lines, delimiter=delimiter, skipinitialspace=True, strict=strict
            )
            if record
        ]


def _plain_cells(text: str) -> list[list[str]]:
    return [line.rstrip("\r").split("\t") for line in text.split("\n") if line.strip("\r")]


def _rank(sample: _Sample, *, tabs: bool) -> tuple[bool, bool, bool, float, int]:
    splits = sample.width > 1
    named = splits and _has_known_name(sample.records[0])
    return splits, named, tabs and sample.delimiter == "\t", sample.share, sample.width


def _has_known_name(record: Sequence[str]) -> bool:
    return any(is_known(cell) for cell in record)


def _quotes_are_plain(text: str) -> bool:
    """Return whether tab-separated text is malformed with quoting but regular without it."""
    try:
        _records(text, "\t", strict=True)
    except csv.Error:
        cells = _plain_cells(text)
        return len({len(record) for record in cells}) == 1 and not any(
            len(cell) > 1 and cell[0] == cell[-1] == '"' for record in cells for cell in record
        )
    return False


def _has_header(records: list[list[str]]) -> bool:
    first = [cell.strip() for cell in records[0]]
    if first == [str(number) for number in range(len(first))] and len(first) > 1:
        return True  # pandas writes such a header for a table without column names
    columns = [
        [row[index] for row in records[1:] if len(row) > index] for index in range(len(first))
    ]
    if any(cell and cell in column for cell, column in zip(first, columns, strict=True)):
        return False
    if _has_known_name(first) or any(map(_contrasts, first, columns)):
        return True
    return not any(_is_value(cell, column) for cell, column in zip(first, columns, strict=True))


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
    return len(cell.split()) >= 4 and len(cell) >= median(filled or [0]) / 2


def column_names(header: Sequence[str] | None, width: int) -> tuple[str, ...]:
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
