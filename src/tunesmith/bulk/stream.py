"""Stream the texts of a file in batches, so that memory use is independent of file size.

Format, encoding and dialect are detected as in :func:`tunesmith.data.read`. Unlike there, no row is
ever skipped, so that the output has one row for each input row, in the same order.
"""

import csv
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tunesmith.bulk.columns import ColumnChoice, Row, choose_columns
from tunesmith.bulk.source import BATCH
from tunesmith.data.reading.dialect import Dialect, column_names, find_dialect, long_fields
from tunesmith.data.reading.encoding import plain_text
from tunesmith.data.reading.formats import GZIP_MAGIC, Format, file_format
from tunesmith.data.reading.read import read
from tunesmith.errors import UnreadableFile

_SAMPLE_BYTES: Final = 2**18
_SAMPLE_ROWS: Final = 1000
_COUNTED_BYTES: Final = 2**20


@dataclass(frozen=True)
class TextStream:
    """The rows of a file, read in batches.

    Parameters
    ----------
    name
        The file's name.
    choice
        The columns with the texts, and why they were chosen.
    columns
        The names of all columns, in the order of the file.
    batches
        Lists of rows: the texts of the chosen columns, then the cells of all columns.
    """

    name: str
    choice: ColumnChoice
    columns: tuple[str, ...]
    batches: Iterator[list[Row]]


@contextmanager
def open_stream(
    path: str | Path,
    columns: str | Sequence[str] | None = None,
    *,
    roles: int = 1,
    trained: Sequence[str] = (),
    batch_size: int = BATCH,
) -> Iterator[TextStream]:
    """Open a file to read its texts, with all other columns, in lists of at most ``batch_size``.

    Parameters
    ----------
    path
        A CSV, TSV, JSON Lines, Parquet or text file, plain or gzipped. (A JSON array is read
        whole.)
    columns
        The column, or that of each role; several columns joined by ``+`` become one text.
    roles
        The number of texts in a row, such as 2 for pairs.
    trained
        Columns that the model was trained on, taken if the file has them.
    batch_size
        The length of all lists except the last.

    Raises
    ------
    DataError
        The file cannot be read, or it is not clear which column holds the texts. While reading: a
        row is malformed.
    UsageError
        A column does not exist.
    """
    path = Path(path)
    with tempfile.TemporaryDirectory(prefix="tunesmith-") as folder:
        opened = _open(path, Path(folder))
        names = opened.names()
        given = None if columns is None else _each(columns)
        choice = choose_columns(
            opened.name, names, given, roles, trained, lambda: opened.sample(Path(folder))
        )
        texts = choice.reader(names)
        rows = (texts(cells) + cells for cells in opened.rows())
        yield TextStream(opened.name, choice, names, _batches(rows, batch_size))


def stream_texts(
    path: str | Path, column: str | None = None, batch_size: int = BATCH
) -> Iterator[list[str]]:
    """Yield the texts of a file's column in lists of at most ``batch_size``.

    A missing text is an empty one.

    Raises
    ------
    DataError, UsageError
        As for :func:`open_stream`.
    """
    with open_stream(path, column, batch_size=batch_size) as stream:
        for rows in stream.batches:
            yield [row[0] or "" for row in rows]


def _each(columns: str | Sequence[str]) -> tuple[str, ...]:
    return (columns,) if isinstance(columns, str) else tuple(columns)


def _batches(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while part := list(islice(rows, size)):
        yield part


def about_rows(path: Path) -> int | None:
    """Return the approximate number of rows without parsing the file; None if it is compressed.

    The number is exact for Parquet. For other files it is the number of lines, although a quoted
    text can span several.
    """
    if path.suffix.lower() == ".parquet":
        return int(pq.ParquetFile(path).metadata.num_rows)
    with path.open("rb") as file:
        if file.read(len(GZIP_MAGIC)) == GZIP_MAGIC:
            return None
        return sum(block.count(b"\n") for block in iter(lambda: file.read(_COUNTED_BYTES), b""))


@dataclass(frozen=True)
class _File:
    """A file ready to be read; ``name`` is used in messages."""

    name: str
    path: Path

    def sample(self, folder: Path) -> object:
        """Return the beginning of the file as a source for ``read``."""
        sample = folder / "sample" / self.name.removesuffix(".gz")
        sample.parent.mkdir()
        with self.path.open("rb") as file:
            sample.write_bytes(file.read(_SAMPLE_BYTES) + file.readline())
        return sample

    def names(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        raise NotImplementedError

    def rows(self) -> Iterator[Row]:
        """Yield the cells of each row; a missing one is None."""
        raise NotImplementedError


@dataclass(frozen=True)
class _Delimited(_File):
    dialect: Dialect

    def names(self) -> tuple[str, ...]:
        return tuple(column_names(self.dialect.header, self.dialect.width))

    def rows(self) -> Iterator[Row]:
        with self.path.open(encoding="utf-8", newline="") as file, long_fields():
            records = self._records(file)
            if self.dialect.header is not None:
                next(records, None)
            for record in records:
                yield tuple(cell or None for cell in record)

    def _records(self, lines: Iterator[str]) -> Iterator[list[str]]:
        delimiter, quote = self.dialect.delimiter, '"' if self.dialect.quoted else None
        reader = csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=True)
        try:
            for record in reader:
                if record:
                    self._check_width(record, reader.line_num)
                    yield record
        except csv.Error as error:
            raise UnreadableFile(
                f"line {reader.line_num} of {self.name} cannot be read ({error})",
                hint="fix the line",
                file=self.name,
                line=reader.line_num,
            ) from error
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                f"{self.name} is not UTF-8 after line {reader.line_num}",
                hint="save it as UTF-8",
                file=self.name,
                line=reader.line_num,
            ) from error

    def _check_width(self, record: list[str], line: int) -> None:
        if len(record) != self.dialect.width:
            cells = "1 cell" if len(record) == 1 else f"{len(record)} cells"
            raise UnreadableFile(
                f"line {line} of {self.name} has {cells} instead of {self.dialect.width}",
                hint="fix the line, because every row needs a result",
                file=self.name,
                line=line,
            )


@dataclass(frozen=True)
class _JsonLines(_File):
    def names(self) -> tuple[str, ...]:
        # Every record is read: a field that only a late one has must not be lost.
        return tuple(dict.fromkeys(name for record in self._records() for name in record))

    def rows(self) -> Iterator[Row]:
        names = self.names()
        for record in self._records():
            yield tuple(map(record.get, names))

    def _records(self) -> Iterator[dict[str, Any]]:
        with self.path.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield self._record(line, number)

    def _record(self, line: str, number: int) -> dict[str, Any]:
        try:
            record = json.loads(line)
        except ValueError as error:
            raise UnreadableFile(
                f"line {number} of {self.name} is not valid JSON ({error})",
                hint="fix the line",
                file=self.name,
                line=number,
            ) from error
        if not isinstance(record, dict):
            raise UnreadableFile(
                f"line {number} of {self.name} is not a JSON object",
                hint="fix the line",
                file=self.name,
                line=number,
            )
        return record


@dataclass(frozen=True)
class _Lines(_File):
    def names(self) -> tuple[str, ...]:
        return ("text",)

    def rows(self) -> Iterator[Row]:
        with self.path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                yield (line.rstrip("\r\n"),)


@dataclass(frozen=True)
class _Parquet(_File):
    def sample(self, folder: Path) -> object:
        del folder

        with pq.ParquetFile(self.path) as file:
            first = next(file.iter_batches(_SAMPLE_ROWS), None)
            return pa.Table.from_batches([] if first is None else [first], file.schema_arrow)

    def names(self) -> tuple[str, ...]:
        with pq.ParquetFile(self.path) as file:
            return tuple(file.schema_arrow.names)

    def rows(self) -> Iterator[Row]:
        with pq.ParquetFile(self.path) as file:
            for part in file.iter_batches(BATCH, use_threads=False):
                yield from zip(*(column.to_pylist() for column in part.columns), strict=True)


@dataclass(frozen=True)
class _Whole(_File):
    """A file that can only be read whole."""

    table: pa.Table

    def sample(self, folder: Path) -> object:
        del folder
        return self.table.slice(0, _SAMPLE_ROWS)

    def names(self) -> tuple[str, ...]:
        return tuple(self.table.column_names)

    def rows(self) -> Iterator[Row]:
        yield from zip(*(column.to_pylist() for column in self.table.columns), strict=True)


def _open(path: Path, folder: Path) -> _File:
    if not path.is_file():
        raise UnreadableFile(f"there is no file {path}", hint="check the path")
    form = file_format(path)
    if form is Format.PARQUET:
        return _checked_parquet(path)
    plain = plain_text(path, folder).path
    if form is Format.DELIMITED:
        tabs = ".tsv" in path.suffixes or ".tab" in path.suffixes
        return _Delimited(path.name, plain, find_dialect(plain, tabs=tabs))
    if form is Format.JSON_LINES:
        return _JsonLines(path.name, plain)
    return _Lines(path.name, plain) if form is Format.TEXT else _whole(path)


def _checked_parquet(path: Path) -> _Parquet:
    try:
        with pq.ParquetFile(path):
            return _Parquet(path.name, path)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile(
            f"{path.name} is a damaged Parquet file", hint="copy it again", file=path.name
        ) from error


def _whole(path: Path) -> _Whole:
    loaded = read(path)
    if loaded.rejected:
        first = loaded.rejected[0]
        raise UnreadableFile(
            f"line {first.line} of {path.name} cannot be read: {first.reason}",
            hint="fix the line",
            file=path.name,
            line=first.line,
        )
    return _Whole(path.name, path, loaded.table)
