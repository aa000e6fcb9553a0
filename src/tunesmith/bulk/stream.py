"""Stream the texts of a file in batches, so that memory use is independent of file size.

Format, encoding and dialect are detected as in :func:`tunesmith.data.read`, and the column as in
:func:`tunesmith.data.detect`, on a sample. Unlike there, no row is ever skipped, so that the
output has one row for each input row, in the same order.
"""

import csv
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.dialect import Dialect, column_names, find_dialect, long_fields
from tunesmith.data.reading.encoding import plain_text
from tunesmith.data.reading.formats import GZIP_MAGIC, Format, file_format
from tunesmith.data.reading.read import read
from tunesmith.errors import DataError, UnknownKind, UnreadableFile, UsageError
from tunesmith.kinds import KINDS

BATCH: Final = 4096
_SAMPLE_BYTES: Final = 2**18
_SAMPLE_ROWS: Final = 1000
_COUNTED_BYTES: Final = 2**20

Row = tuple[str, ...]


def stream_texts(
    path: str | Path, column: str | None = None, batch_size: int = BATCH
) -> Iterator[list[str]]:
    """Yield the texts of a file's column in lists of at most ``batch_size``.

    Parameters
    ----------
    path
        A CSV, TSV, JSON Lines, Parquet or text file, plain or gzipped. (A JSON array is read
        whole.)
    column
        The column's name; by default, it is detected in a sample.
    batch_size
        The length of all lists except the last.

    Yields
    ------
    One text for each row, in order; empty for an empty cell.

    Raises
    ------
    DataError
        The file cannot be read, a row is malformed, or the text column is ambiguous.
    UsageError
        The column does not exist.
    """
    columns = None if column is None else (column,)
    for rows in stream_columns(path, columns, roles=1, batch_size=batch_size):
        yield [row[0] for row in rows]


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


def stream_columns(
    path: str | Path, columns: Sequence[str] | None, *, roles: int, batch_size: int = BATCH
) -> Iterator[list[Row]]:
    """Yield one or more text columns of a file as lists of rows.

    Parameters
    ----------
    path, batch_size
        As for :func:`stream_texts`.
    columns
        The column names; by default the first ``roles`` text columns of the detected kind.
    roles
        The number of text columns, such as 2 for pairs.

    Raises
    ------
    DataError, UsageError
        As for :func:`stream_texts`.
    """
    path = Path(path)
    with tempfile.TemporaryDirectory(prefix="tunesmith-") as folder:
        opened = _open(path, Path(folder))
        chosen = tuple(columns or _detected_columns(opened, roles, Path(folder)))
        rows = opened.rows(chosen)
        while part := list(islice(rows, batch_size)):
            yield part


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

    def rows(self, columns: Row) -> Iterator[Row]:
        raise NotImplementedError

    def indices(self, columns: Row, names: Sequence[str]) -> list[int]:
        """Return the indices of columns, or raise an error that lists the columns."""
        for column in columns:
            if column not in names:
                raise UsageError(
                    f"{self.name} has no column {column!r}: it has {', '.join(names)}",
                    file=self.name,
                    column=column,
                )
        return [list(names).index(column) for column in columns]


@dataclass(frozen=True)
class _Delimited(_File):
    dialect: Dialect

    def rows(self, columns: Row) -> Iterator[Row]:
        names = column_names(self.dialect.header, self.dialect.width)
        indices = self.indices(columns, names)
        with self.path.open(encoding="utf-8", newline="") as file, long_fields():
            records = self._records(file)
            if self.dialect.header is not None:
                next(records, None)
            for record in records:
                yield tuple(record[index] for index in indices)

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
    def rows(self, columns: Row) -> Iterator[Row]:
        seen = (name for record in islice(self._records(), _SAMPLE_ROWS) for name in record)
        self.indices(columns, list(dict.fromkeys(seen)))
        for record in self._records():
            yield tuple(_text(record.get(column)) for column in columns)

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
    def rows(self, columns: Row) -> Iterator[Row]:
        if len(columns) > 1:
            raise UsageError(
                f"{self.name} is plain text and has a single column",
                hint="omit `columns`",
                file=self.name,
            )
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

    def rows(self, columns: Row) -> Iterator[Row]:
        with pq.ParquetFile(self.path) as file:
            self.indices(columns, file.schema_arrow.names)
            for part in file.iter_batches(BATCH, columns=list(columns), use_threads=False):
                cells = [map(_text, part[column].to_pylist()) for column in columns]
                yield from zip(*cells, strict=True)


@dataclass(frozen=True)
class _Whole(_File):
    """A file that can only be read whole."""

    table: pa.Table

    def sample(self, folder: Path) -> object:
        del folder
        return self.table.slice(0, _SAMPLE_ROWS)

    def rows(self, columns: Row) -> Iterator[Row]:
        self.indices(columns, self.table.column_names)
        cells = [map(_text, self.table[column].to_pylist()) for column in columns]
        yield from zip(*cells, strict=True)


def _text(value: object) -> str:
    return "" if value is None else str(value)


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


def _detected_columns(file: _File, roles: int, folder: Path) -> Row:
    """Return the text columns, detected in a sample."""
    if isinstance(file, _Lines) and roles == 1:
        return ("text",)

    try:
        detected = detect(read(file.sample(folder)))
    except UnknownKind as error:
        raise UnknownKind(
            f"cannot detect the text column of {file.name}",
            hint="set it with `columns`",
            file=file.name,
        ) from error
    named = [detected.columns[role] for role in KINDS[detected.kind].text_roles]
    if len(named) < roles:
        raise DataError(
            f"{file.name} was detected as {detected.kind}, with one text column",
            hint="specify the two columns to compare",
            file=file.name,
        )
    return tuple(named[:roles])
