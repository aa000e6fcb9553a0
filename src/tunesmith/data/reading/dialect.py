"""How a delimited file is written: its delimiter, its quoting, its header.

DuckDB reads these files, but its sniffer is not asked: measured on small files, it refuses
those with a broken quote or mixed line ends, and takes a first row of texts for a header. The
delimiter is the candidate that cuts most records of a sample alike; a header is told from a
first row by known names, and by whether its cells look like one more value of their columns.
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
"""Stands in no text: a file of one column has no delimiter, and its commas are its texts'."""

_SAMPLE_BYTES = 2**18
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_MEASURE = re.compile(
    rf"{_NUMBER.pattern}|nan|\d{{4}}-\d\d-\d\d.*|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}.*"
)
_MISSING = frozenset(("", "nan", "na", "n/a", "null", "none", "-"))


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is written.

    Parameters
    ----------
    delimiter
        What stands between the cells.
    quoted
        Whether ``"`` encloses cells; in a few tab-separated files it is a plain character.
    header
        The first record's cells where they are names, else ``None``.
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
        alike = sum(len(record) == self.width for record in self.records)
        return alike / len(self.records)


@contextmanager
def long_fields() -> Iterator[None]:
    """Let the csv module read fields as long as the longest line that is read at all."""
    before = csv.field_size_limit(2 * MAX_LINE_BYTES)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def find_dialect(path: Path, *, tabs: bool = False) -> Dialect:
    """Find how a UTF-8 file is written, from its first 256 KiB; ``tabs`` if its name says TSV."""
    text = _sample_text(path)
    samples = [_Sample(delimiter, _records(text, delimiter)) for delimiter in DELIMITERS]
    chosen = max(samples, key=lambda sample: _merit(sample, tabs=tabs))
    doubtful = chosen.share < 0.5 and not _names(chosen.records[0])
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


def _merit(sample: _Sample, *, tabs: bool) -> tuple[bool, bool, bool, float, int]:
    several = sample.width > 1
    named = several and _names(sample.records[0])
    return several, named, tabs and sample.delimiter == "\t", sample.share, sample.width


def _names(record: Sequence[str]) -> bool:
    return any(is_known(cell) for cell in record)


def _quotes_are_plain(text: str) -> bool:
    """Whether quoting breaks this tab-separated text, and doing without it makes it whole."""
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
        return True  # what pandas writes for a table whose columns have no names
    columns = [
        [row[place] for row in records[1:] if len(row) > place] for place in range(len(first))
    ]
    if any(cell and cell in column for cell, column in zip(first, columns, strict=True)):
        return False
    if _names(first) or any(map(_contrasts, first, columns)):
        return True
    return not any(_is_value(cell, column) for cell, column in zip(first, columns, strict=True))


def _contrasts(cell: str, column: Sequence[str]) -> bool:
    """Whether a column holds only numbers or dates, and the cell above it neither."""
    values = [value.strip() for value in column if value.strip()]
    measured = bool(values) and all(map(_MEASURE.fullmatch, values))
    return measured and not _MEASURE.fullmatch(cell) and cell.lower() not in _MISSING


def _is_value(cell: str, column: Sequence[str]) -> bool:
    """Whether a first row's cell is one more value of its column, not the column's name."""
    if _NUMBER.fullmatch(cell):
        return True
    filled = [len(value) for value in column if value]
    return len(cell.split()) >= 4 and len(cell) >= median(filled or [0]) / 2


def column_names(header: Sequence[str] | None, width: int) -> tuple[str, ...]:
    """Return a name for every column: its own, or its place where it has none."""
    own = [cell.strip() for cell in header] if header else [""] * width
    return tuple(name or f"column{place}" for place, name in enumerate(own, start=1))


def repeated_name(names: Sequence[str]) -> str | None:
    """Return the first name that two columns share, if any."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
