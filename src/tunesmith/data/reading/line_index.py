"""On which lines the records of a delimited file lie, by the csv module's count of lines."""

import csv
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.reading.dialect import Dialect, long_fields

_LOOKED_AT = 100


@dataclass(frozen=True, eq=False)
class Index:
    """The records' lines.

    Parameters
    ----------
    first, last
        The lines on which each record begins and ends, counted from 1, int64, shape (records,).
    ends
        The byte after each line, int64, shape (lines,).
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    ends: NDArray[np.int64]

    def at_byte(self, byte: int) -> int:
        """Return the position of the record that begins at a byte (from 1), or soon after it.

        DuckDB names the first byte, or the line end before it, blank lines passed over; so the
        byte after the one it names lies in the record's first line or in a blank one before.
        """
        line = int(np.searchsorted(self.ends, min(byte, self.ends[-1] - 1), side="right")) + 1
        return int(np.searchsorted(self.last, line))


def index_records(path: Path, dialect: Dialect) -> Index:
    """Find the lines of every record; blank lines are none, but in a file of one column."""
    first, last, lengths = array("q"), array("q"), array("q")
    with path.open("rb") as file, long_fields():
        reader = _reader(_noted(file, lengths), dialect)
        begin = 1
        for record in reader:
            if record or dialect.width == 1:
                first.append(begin)
                last.append(reader.line_num)
            begin = reader.line_num + 1
    return Index(_numbers(first), _numbers(last), np.cumsum(_numbers(lengths)))


def records_by_place(path: Path, dialect: Dialect) -> Iterator[list[str]]:
    """Yield the cells of the records that :func:`index_records` finds, in their order."""
    with path.open("rb") as file, long_fields():
        for record in _reader(map(_decoded, file), dialect):
            if record or dialect.width == 1:
                yield record


def stray_quote(path: Path, dialect: Dialect, first: int, last: int, *, at_end: bool) -> bool:
    """Whether a record of several lines is rather a line with a stray quote, and its victims.

    It is, where half of the lines after the first are sound rows by themselves, and the first
    has all columns too, its quotes taken for plain characters; at the end of the file, where
    the quote is never closed, the first line need not.
    """
    if first == last:
        return False
    with path.open("rb") as file:
        texts = [_decoded(line) for line in islice(file, first - 1, min(last, first + _LOOKED_AT))]
    whole = dialect.width > 1 and texts[0].count(dialect.delimiter) == dialect.width - 1
    if not (whole or at_end):
        return False
    return 2 * sum(_is_row(text, dialect) for text in texts[1:]) >= len(texts) - 1


def without_lines(path: Path, out: Path, lines: Sequence[int]) -> Path:
    """Write a copy of the file without some lines, counted from 1."""
    left_out = set(lines)
    with path.open("rb") as file, out.open("wb") as kept:
        kept.writelines(line for number, line in enumerate(file, 1) if number not in left_out)
    return out


def _is_row(text: str, dialect: Dialect) -> bool:
    with long_fields():
        record: list[str] = next(_reader([text], dialect), [])
    return len(record) == dialect.width and not any('"' in cell for cell in record)


def _reader(lines: Iterable[str], dialect: Dialect) -> "csv._reader":  # type: ignore[name-defined]  # a name of the type stubs only
    if not dialect.quoted:
        return csv.reader(lines, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE)
    # DuckDB, too, lets spaces stand before an opening quote.
    return csv.reader(lines, delimiter=dialect.delimiter, skipinitialspace=True)


def _noted(file: Iterable[bytes], lengths: "array[int]") -> Iterator[str]:
    for line in file:
        lengths.append(len(line))
        yield _decoded(line)


def _decoded(line: bytes) -> str:
    # A carriage return within a line would make the csv module stop; only places count here.
    return line.decode("utf-8", "replace").replace("\r", "")


def _numbers(values: "array[int]") -> NDArray[np.int64]:
    return np.asarray(values, dtype=np.int64)
