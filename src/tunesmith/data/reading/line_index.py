"""Find the lines of each record of a delimited file, as counted by the csv module."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.reading.dialect import Dialect, csv_reader, long_fields

_MAX_LINES = 100


@dataclass(frozen=True, eq=False)
class Index:
    """The lines of each record.

    Parameters
    ----------
    first, last
        The first and last line of each record, counted from 1, int64, shape (records,).
    ends
        The byte offset after each line, int64, shape (lines,).
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    ends: NDArray[np.int64]

    def at_byte(self, byte: int) -> int:
        """Return the position of the record that begins at or soon after a byte (from 1).

        DuckDB reports the first byte of a record or the line ending before it, skipping blank
        lines. The next byte is therefore in the record's first line or in a preceding blank line.
        """
        line = int(np.searchsorted(self.ends, min(byte, self.ends[-1] - 1), side="right")) + 1
        return int(np.searchsorted(self.last, line))


def index_records(path: Path, dialect: Dialect) -> Index:
    """Find the lines of each record; blank lines are records only in a file with one column."""
    first, last, lengths = array("q"), array("q"), array("q")
    with path.open("rb") as file, long_fields():
        reader = csv_reader(_decoded_lines(file, lengths), dialect.syntax)
        begin = 1
        for record in reader:
            if record or dialect.width == 1:
                first.append(begin)
                last.append(reader.line_num)
            begin = reader.line_num + 1
    return Index(_numbers(first), _numbers(last), np.cumsum(_numbers(lengths)))


def iter_records(path: Path, dialect: Dialect) -> Iterator[list[str]]:
    """Yield the cells of each record in the order of :func:`index_records`."""
    with path.open("rb") as file, long_fields():
        for record in csv_reader(map(_decoded, file), dialect.syntax):
            if record or dialect.width == 1:
                yield record


def stray_quote(path: Path, dialect: Dialect, first: int, last: int, *, at_end: bool) -> bool:
    """Return whether a record of several lines is in fact a line with an unclosed quote.

    That is the case if at least half of the later lines are valid rows on their own, and the first
    line has the right number of columns when quotes are ignored. The second condition does not
    apply at the end of the file, where the quote is never closed.
    """
    if first == last:
        return False
    with path.open("rb") as file:
        texts = [_decoded(line) for line in islice(file, first - 1, min(last, first + _MAX_LINES))]
    whole = dialect.width > 1 and texts[0].count(dialect.syntax.delimiter) == dialect.width - 1
    if not (whole or at_end):
        return False
    return 2 * sum(_is_row(text, dialect) for text in texts[1:]) >= len(texts) - 1


def without_lines(path: Path, out: Path, lines: Sequence[int]) -> Path:
    """Write a copy of the file without these lines, counted from 1."""
    skipped = set(lines)
    with path.open("rb") as file, out.open("wb") as copy:
        copy.writelines(line for number, line in enumerate(file, 1) if number not in skipped)
    return out


def _is_row(text: str, dialect: Dialect) -> bool:
    with long_fields():
        record: list[str] = next(csv_reader([text], dialect.syntax), [])
    return len(record) == dialect.width and not any(dialect.syntax.quote in cell for cell in record)


def _decoded_lines(file: Iterable[bytes], lengths: "array[int]") -> Iterator[str]:
    """Yield decoded lines and append their lengths in bytes to ``lengths``."""
    for line in file:
        lengths.append(len(line))
        yield _decoded(line)


def _decoded(line: bytes) -> str:
    # A carriage return inside a line would stop the csv module, and only positions matter here.
    return line.decode("utf-8", "replace").replace("\r", "")


def _numbers(values: "array[int]") -> NDArray[np.int64]:
    return np.asarray(values, dtype=np.int64)
