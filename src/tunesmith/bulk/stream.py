"""The texts of a file in small pieces, so that memory stays flat however long the file is.

The format, the encoding and the dialect are found as :func:`tunesmith.data.read` finds
them, and the column as :func:`tunesmith.data.detect` does, on a sample. Unlike there no
row is left out: whoever asks for a vector of every row must be able to rely on their order.
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
        CSV, TSV, JSONL, Parquet or lines of text, plain or gzipped. (JSON that is one array is
        read whole.)
    column
        The column's name; by default the one that is detected in a sample.
    batch_size
        The length of all lists but the last.

    Yields
    ------
    One text for each row, in their order; an empty one where the cell is empty.

    Raises
    ------
    DataError
        The file cannot be read, a row of it is broken, or it is not clear which column to take.
    UsageError
        There is no such column.
    """
    columns = None if column is None else (column,)
    for rows in stream_columns(path, columns, roles=1, batch_size=batch_size):
        yield [row[0] for row in rows]


def about_rows(path: Path) -> int | None:
    """Return about how many rows a file has, without reading its texts; None where it is packed.

    Exact for Parquet; for other files the number of lines, of which a quoted text may have several.
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
    """Yield several text columns of a file as lists of rows.

    Parameters
    ----------
    path, batch_size
        As for :func:`stream_texts`.
    columns
        The columns' names; by default the first ``roles`` text columns of the detected kind.
    roles
        How many text columns are wanted: 2 for pairs.

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
    """A file that is ready to be read; ``name`` is what messages call it."""

    name: str
    path: Path

    def sample(self, folder: Path) -> object:
        """Return the beginning of the file, as ``read`` takes it."""
        sample = folder / "sample" / self.name.removesuffix(".gz")
        sample.parent.mkdir()
        with self.path.open("rb") as file:
            sample.write_bytes(file.read(_SAMPLE_BYTES) + file.readline())
        return sample

    def rows(self, columns: Row) -> Iterator[Row]:
        raise NotImplementedError

    def places(self, columns: Row, names: Sequence[str]) -> list[int]:
        """Return the places of columns among all, or say which there are."""
        for column in columns:
            if column not in names:
                raise UsageError(f"{self.name} has no column {column!r}: it has {', '.join(names)}")
        return [list(names).index(column) for column in columns]


@dataclass(frozen=True)
class _Delimited(_File):
    dialect: Dialect

    def rows(self, columns: Row) -> Iterator[Row]:
        names = column_names(self.dialect.header, self.dialect.width)
        places = self.places(columns, names)
        with self.path.open(encoding="utf-8", newline="") as file, long_fields():
            records = self._records(file)
            if self.dialect.header is not None:
                next(records, None)
            for record in records:
                yield tuple(record[place] for place in places)

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
                f"line {reader.line_num} of {self.name} cannot be read ({error}): correct it"
            ) from error
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                f"{self.name} is not UTF-8 after line {reader.line_num}: correct or recode it"
            ) from error

    def _check_width(self, record: list[str], line: int) -> None:
        if len(record) != self.dialect.width:
            cells = "1 cell" if len(record) == 1 else f"{len(record)} cells"
            raise UnreadableFile(
                f"line {line} of {self.name} has {cells} where {self.dialect.width} are expected: "
                "correct it, because every row gets its result"
            )


@dataclass(frozen=True)
class _JsonLines(_File):
    def rows(self, columns: Row) -> Iterator[Row]:
        seen = (name for record in islice(self._records(), _SAMPLE_ROWS) for name in record)
        self.places(columns, list(dict.fromkeys(seen)))
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
                f"line {number} of {self.name} is no JSON ({error}): correct it"
            ) from error
        if not isinstance(record, dict):
            raise UnreadableFile(f"line {number} of {self.name} is no JSON object: correct it")
        return record


@dataclass(frozen=True)
class _Lines(_File):
    def rows(self, columns: Row) -> Iterator[Row]:
        if len(columns) > 1:
            raise UsageError(f"{self.name} is plain text: it has no columns to choose from")
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
            self.places(columns, file.schema_arrow.names)
            for part in file.iter_batches(BATCH, columns=list(columns), use_threads=False):
                cells = [map(_text, part[column].to_pylist()) for column in columns]
                yield from zip(*cells, strict=True)


@dataclass(frozen=True)
class _Whole(_File):
    """A file that cannot be cut into pieces."""

    table: pa.Table

    def sample(self, folder: Path) -> object:
        del folder
        return self.table.slice(0, _SAMPLE_ROWS)

    def rows(self, columns: Row) -> Iterator[Row]:
        self.places(columns, self.table.column_names)
        cells = [map(_text, self.table[column].to_pylist()) for column in columns]
        yield from zip(*cells, strict=True)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _open(path: Path, folder: Path) -> _File:
    if not path.is_file():
        raise UnreadableFile(f"there is no file {path}: check the path")
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
        raise UnreadableFile(f"{path.name} is a damaged Parquet file: copy it again") from error


def _whole(path: Path) -> _Whole:
    loaded = read(path)
    if loaded.rejected:
        first = loaded.rejected[0]
        raise UnreadableFile(f"line {first.line} of {path.name}: {first.reason}: correct it")
    return _Whole(path.name, path, loaded.table)


def _detected_columns(file: _File, roles: int, folder: Path) -> Row:
    """Return the columns with texts, as far as a sample tells."""
    if isinstance(file, _Lines) and roles == 1:
        return ("text",)

    try:
        detected = detect(read(file.sample(folder)))
    except UnknownKind as error:
        raise UnknownKind(
            f"{file.name}: it is not clear which column holds texts: name it"
        ) from error
    named = [detected.columns[role] for role in KINDS[detected.kind].text_roles]
    if len(named) < roles:
        raise DataError(
            f"{file.name} was taken for {detected.kind}, with one column of texts: "
            "name the two columns to compare"
        )
    return tuple(named[:roles])
