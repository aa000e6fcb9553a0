"""Write rows to a file in batches, atomically: to a temporary file first, which is then renamed."""

import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, TextIO

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from tunesmith.errors import DataError, OutputError, UsageError
from tunesmith.results.to_json import plain

Batch = Mapping[str, Any]
"""Mapping from column name to a list or array of the same length; a matrix has one vector per
row."""


class Writer(Protocol):
    """Writes batches of rows to a file."""

    def write(self, batch: Batch) -> None:
        """Write a batch of rows."""

    def close(self) -> None:
        """Finish writing."""


class JsonLines:
    """Writes one JSON object per line to a file or an open stream."""

    def __init__(self, target: Path | TextIO) -> None:
        self._file = _opened(target)

    def write(self, batch: Batch) -> None:
        """Write a batch of rows."""
        form = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
        for values in zip(*map(_json_column, batch.values()), strict=True):
            row = dict(zip(batch, values, strict=True))
            # Dates and decimals of other columns are written as text.
            self._file.write(orjson.dumps(row, option=form, default=str).decode())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Csv:
    """Writes comma-separated values with a header to a file or an open stream."""

    def __init__(self, target: Path | TextIO) -> None:
        self._file = _opened(target)
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._has_header = False

    def write(self, batch: Batch) -> None:
        """Write a batch of rows."""
        if not self._has_header:
            self._writer.writerow(batch)
            self._has_header = True
        columns = [
            column.tolist() if isinstance(column, np.ma.MaskedArray) else plain(column)
            for column in batch.values()
        ]
        self._writer.writerows(zip(*columns, strict=True))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Parquet:
    """Writes an Apache Parquet file; a matrix becomes a column of lists.

    ``stamp`` is stored in the file's metadata.
    """

    def __init__(self, path: Path) -> None:
        self.stamp: Mapping[str, str] = {}
        self._path = path
        self._writer: Any = None

    def write(self, batch: Batch) -> None:
        """Write a batch of rows as a row group."""
        schema = None if self._writer is None else self._writer.schema
        table = _arrow(batch, schema, self._path.name).replace_schema_metadata(
            {f"tunesmith.{name}": value for name, value in self.stamp.items()}
        )
        if self._writer is None:
            # The values of a vector rarely repeat, so dictionary encoding would not help.
            plain_columns = [name for name, column in batch.items() if not _is_matrix(column)]
            self._writer = pq.ParquetWriter(
                self._path,
                table.schema,
                use_dictionary=plain_columns,
                write_statistics=plain_columns,
            )
        self._writer.write_table(table)

    def close(self) -> None:
        """Write the footer and close the file."""
        if self._writer is not None:
            self._writer.close()


class Npy:
    """Writes a NumPy file with only the vectors, shape (rows, d).

    The vector of a missing text is NaN, or 0 for integers.
    """

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("wb")
        self._rows = self._width = 0
        self._dtype: np.dtype[Any] = np.dtype(np.float32)

    def write(self, batch: Batch) -> None:
        """Write a batch of rows."""
        vectors = np.ascontiguousarray(np.ma.getdata(batch["vector"]))
        if not self._width:
            self._width, self._dtype = vectors.shape[1], vectors.dtype
            self._write_header()
        self._file.write(vectors.data)
        self._rows += len(vectors)

    def close(self) -> None:
        """Write the final number of rows to the header and close the file."""
        self._file.seek(0)
        self._write_header()
        self._file.close()

    def _write_header(self) -> None:
        # NumPy pads the header, so that it can be overwritten with a larger number of rows.
        form = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self._rows, self._width),
        }
        np.lib.format.write_array_header_1_0(self._file, form)


FORMS: dict[str, type[JsonLines | Csv | Parquet | Npy]] = {
    ".parquet": Parquet,
    ".npy": Npy,
    ".jsonl": JsonLines,
    ".csv": Csv,
}


def output_path(name: str, suffixes: Sequence[str], *, source: Path | None) -> Path:
    """Return the output path if its format is supported by the command.

    Raises
    ------
    UsageError
        The file name has an unsupported ending, or is the input file.
    """
    path = Path(name)
    if path.suffix.lower() not in suffixes:
        known = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
        raise UsageError(
            f"{name} cannot be written", hint=f"use a file name that ends in {known}", file=name
        )
    if source is not None and path.exists() and path.samefile(source):
        raise UsageError(f"{name} is the input file", hint="write to another file", file=name)
    return path


def require_folder(path: Path) -> None:
    """Raise :class:`~tunesmith.errors.OutputError` if the parent folder does not exist."""
    if not path.parent.is_dir():
        raise OutputError(
            f"{path} cannot be written: there is no folder {path.parent}", hint="create it first"
        )


@contextmanager
def writing(
    path: Path, *, stamp: Mapping[str, str] | None = None, aside: Path | None = None
) -> Iterator[Writer]:
    """Yield a writer for a file that replaces ``path`` if the block succeeds.

    Parameters
    ----------
    path
        The output file; its ending determines the format.
    stamp
        Provenance of the rows, for the metadata of a Parquet file.
    aside
        The folder for the temporary file, on the same disk; by default the file's own folder.

    Raises
    ------
    OutputError
        The file cannot be written; no temporary file remains.
    """
    require_folder(path)
    try:
        with tempfile.TemporaryDirectory(dir=aside or path.parent, prefix=".tunesmith-") as folder:
            unfinished = Path(folder) / path.name
            writer = FORMS[path.suffix.lower()](unfinished)
            if isinstance(writer, Parquet):
                writer.stamp = stamp or {}
            try:
                yield writer
            finally:
                writer.close()
            if unfinished.exists():
                unfinished.replace(path)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error


def _opened(target: Path | TextIO) -> TextIO:
    return target.open("w", encoding="utf-8", newline="") if isinstance(target, Path) else target


def _is_matrix(column: Any) -> bool:
    return isinstance(column, np.ndarray) and column.ndim == 2


def _json_column(column: Any) -> Any:
    if isinstance(column, np.ma.MaskedArray):
        masks, data = np.ma.getmaskarray(column), np.ma.getdata(column)
        return [None if mask.all() else value for mask, value in zip(masks, data, strict=True)]
    return column if isinstance(column, np.ndarray) else plain(column)


def _arrow(batch: Batch, schema: pa.Schema | None, name: str) -> pa.Table:
    kinds = {} if schema is None else dict(zip(schema.names, schema.types, strict=True))
    columns = {}
    for title, column in batch.items():
        try:
            columns[title] = _arrow_column(column, kinds.get(title))
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise DataError(
                f"the values of column {title!r} are of different types, which {name} cannot hold",
                hint="write a .jsonl file",
                column=title,
            ) from error
    return pa.table(columns)


def _arrow_column(column: Any, kind: pa.DataType | None) -> pa.Array:
    if _is_matrix(column):
        missing = np.ma.getmaskarray(column).all(axis=1)
        # Not of a fixed size, and empty where null: older versions of pyarrow write nothing else.
        lengths = np.where(missing, 0, column.shape[1])
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        flat = pa.array(np.ma.getdata(column)[~missing].ravel())
        return pa.ListArray.from_arrays(pa.array(offsets), flat, mask=pa.array(missing))
    if isinstance(column, np.ma.MaskedArray):
        return pa.array(np.ma.getdata(column), mask=np.ma.getmaskarray(column))
    array = pa.array(column, kind)
    # Nothing but nulls in a first batch says nothing about the next.
    return array.cast(pa.string()) if pa.types.is_null(array.type) else array
