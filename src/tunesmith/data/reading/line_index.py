"""Find the lines of each record of a delimited file, as counted by the csv module."""

import csv
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.data.reading.dialect import Dialect, csv_reader, long_fields
from tunesmith.data.reading.merged_rows import holds_merged_rows, is_merged, repeated_values

_MAX_LINES = 100


@dataclass(frozen=True, eq=False)
class Index:
    """The lines of each record.

    Parameters
    ----------
    first, last
        The first and last line of each record, counted from 1, int64, shape (records,).
    ends
        The byte offset after the text of each line, without its line ending, int64, shape (lines,).
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    ends: NDArray[np.int64]

    def at_byte(self, byte: int) -> int:
        """Return the position of the record that begins at or soon after a byte (from 1).

        DuckDB reports the first byte of a record or a line ending before it, which is counted to
        the next line here: that is the record's first line or a preceding blank line.
        """
        line = int(np.searchsorted(self.ends, byte - 1, side="right")) + 1
        # Blank lines at the end of the file belong to the last record.
        return min(int(np.searchsorted(self.last, line)), len(self.last) - 1)


def index_records(path: Path, dialect: Dialect) -> Index:
    """Find the lines of each record; blank lines are records only in a file with one column."""
    first, last, ends = array("q"), array("q"), array("q")
    with path.open("rb") as file, long_fields():
        reader = csv_reader(_decoded_lines(file, ends), dialect.syntax)
        begin = 1
        for record in reader:
            if record or dialect.width == 1:
                first.append(begin)
                last.append(reader.line_num)
            begin = reader.line_num + 1
    return Index(_numbers(first), _numbers(last), _numbers(ends))


def iter_records(path: Path, dialect: Dialect) -> Iterator[list[str]]:
    """Yield the cells of each record in the order of :func:`index_records`."""
    with path.open("rb") as file, long_fields():
        for record in csv_reader(map(_decoded, file), dialect.syntax):
            if record or dialect.width == 1:
                yield record


def stray_quote(path: Path, dialect: Dialect, first: int, last: int, *, at_end: bool) -> bool:
    """Return whether a record of several lines is in fact a line with an unclosed quote.

    That is the case if at least half of the later lines are valid rows on their own, or a valid row
    begins on the second line; and the first line has the right number of columns when quotes are
    ignored. The last condition does not apply at the end of the file, where the quote is never
    closed.
    """
    if first == last:
        return False
    with path.open("rb") as file:
        texts = [_decoded(line) for line in islice(file, first - 1, first + _MAX_LINES)]
    whole = dialect.width > 1 and texts[0].count(dialect.syntax.delimiter) == dialect.width - 1
    if not (whole or at_end):
        return False
    rest = texts[1 : last - first + 1]
    return 2 * sum(_is_row(text, dialect) for text in rest) >= len(rest) or (
        whole and _begins_with_row(texts[1:], dialect)
    )


def _begins_with_row(texts: list[str], dialect: Dialect) -> bool:
    with long_fields():
        reader = csv_reader(texts, dialect.syntax, strict=True)
        try:
            record: list[str] = next(reader, [])
        except csv.Error:
            return False
    read = "".join(texts[: reader.line_num])
    return len(record) == dialect.width and _are_balanced(read, record, dialect.syntax.quote)


def merging_lines(path: Path, dialect: Dialect, index: Index, table: pa.Table) -> Iterator[int]:
    """Yield the first line of each record whose lines are probably rows of their own.

    Parameters
    ----------
    path, dialect
        The file.
    index
        The lines of its records.
    table
        The records that could be read.
    """
    delimiter = dialect.syntax.delimiter
    if not holds_merged_rows(table, delimiter):
        return
    repeated = repeated_values(table)
    for first, last, record in zip(
        index.first, index.last, iter_records(path, dialect), strict=True
    ):
        if first < last and len(record) == dialect.width and is_merged(record, delimiter, repeated):
            yield int(first)


def is_sound(path: Path, dialect: Dialect, first: int, last: int) -> bool:
    """Return whether these lines are one valid row."""
    with path.open("rb") as file, long_fields():
        lines = map(_decoded, islice(file, first - 1, last))
        try:
            rows = [row for row in csv_reader(lines, dialect.syntax, strict=True) if row]
        except csv.Error:
            return False
    return len(rows) == 1 and len(rows[0]) == dialect.width


def without_lines(path: Path, out: Path, lines: Sequence[int]) -> Path:
    """Write a copy of the file without these lines, counted from 1."""
    skipped = set(lines)
    with path.open("rb") as file, out.open("wb") as copy:
        copy.writelines(line for number, line in enumerate(file, 1) if number not in skipped)
    return out


def _is_row(text: str, dialect: Dialect) -> bool:
    with long_fields():
        record: list[str] = next(csv_reader([text], dialect.syntax), [])
    return len(record) == dialect.width and _are_balanced(text, record, dialect.syntax.quote)


def _are_balanced(text: str, record: list[str], quote: str) -> bool:
    """Return whether all quotes of a line enclose cells or are doubled within them."""
    enclosing = text.count(quote) - 2 * "".join(record).count(quote)
    return enclosing % 2 == 0 and 0 <= enclosing <= 2 * len(record)


def _decoded_lines(file: Iterable[bytes], ends: "array[int]") -> Iterator[str]:
    """Yield decoded lines and append the byte offsets after their texts to ``ends``."""
    start = 0
    for line in file:
        ends.append(start + len(line.rstrip(b"\r\n")))
        start += len(line)
        yield _decoded(line)


def _decoded(line: bytes) -> str:
    # A carriage return inside a line would stop the csv module, and only positions matter here.
    return line.decode("utf-8", "replace").replace("\r", "")


def _numbers(values: "array[int]") -> NDArray[np.int64]:
    return np.asarray(values, dtype=np.int64)
