"""Convert tables in memory and Parquet files to Arrow tables."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tunesmith.data.reading.dialect import repeated_name
from tunesmith.data.reading.json_rows import arrow_column
from tunesmith.errors import DataError, UnreadableFile, UsageError

_IN_MEMORY = (
    "a path, a pandas or Arrow table, a Hugging Face Dataset, or the name of one on the Hub"
)


def read_parquet(path: Path) -> pa.Table:
    """Read a Parquet file.

    Raises
    ------
    UnreadableFile
        The file is damaged.
    """
    try:
        return plain_table(pq.read_table(path, partitioning=None), path.name)
    except (pa.ArrowException, OSError) as error:
        first_line = str(error).partition("\n")[0]
        raise UnreadableFile(
            f"{path.name} is a damaged Parquet file ({first_line})",
            hint="export it again",
            file=path.name,
        ) from error


def as_table(source: object) -> pa.Table:
    """Return a pandas or Arrow table, or a Hugging Face dataset, as an Arrow table.

    Raises
    ------
    UsageError
        The source has another type.
    DataError
        The table has no rows, or two columns with the same name.
    """
    library = type(source).__module__.partition(".")[0]
    if isinstance(source, pa.Table):
        table = source
    elif library == "datasets":
        table = _from_dataset(source)
    elif library == "pandas" and hasattr(source, "columns"):
        table = _from_pandas(source)
    elif hasattr(source, "__arrow_c_stream__"):
        table = pa.table(source)
    else:
        raise UsageError(
            f"cannot read {type(source).__name__}", hint=f"pass {_IN_MEMORY}", option="source"
        )
    return plain_table(table, memory_name(source))


def memory_name(source: object) -> str:
    """Return the name used in messages for a table in memory."""
    return f"the {type(source).__name__}"


def plain_table(table: pa.Table, name: str) -> pa.Table:
    """Validate column names and row count, and return the table without dictionary encoding."""
    if not table.num_rows:
        raise UnreadableFile(f"{name} has no rows", hint="add rows, or check the source", file=name)
    if (twice := repeated_name(table.column_names)) is not None:
        raise UnreadableFile(
            f"{name} has two columns named {twice!r}",
            hint="rename one of them",
            file=name,
            column=twice,
        )
    columns = {
        column or f"column{number}": _decode_dictionary(table.column(number - 1))
        for number, column in enumerate(table.column_names, start=1)
    }
    return pa.table(columns)


def table_digest(table: pa.Table) -> str:
    """Return the SHA-256 of a table's Arrow stream, hexadecimal."""
    digest = hashlib.sha256()
    sink = pa.PythonFile(_Sink(digest), mode="w")
    # A single batch, so that the digest does not depend on how the table is chunked.
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return digest.hexdigest()


class _Sink:
    """A file object that only updates a digest."""

    closed = False

    def __init__(self, digest: "hashlib._Hash") -> None:
        self._digest = digest

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is no file."""

    def close(self) -> None:
        """Do nothing: there is no file."""


def _decode_dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column


def _from_pandas(frame: Any) -> pa.Table:
    names = [str(column) for column in frame.columns]
    if (twice := repeated_name(names)) is not None:
        raise DataError(
            f"the DataFrame has two columns named {twice!r}",
            hint="rename one of them",
            column=twice,
        )
    return pa.table(
        {name: _pandas_column(frame.iloc[:, index]) for index, name in enumerate(names)}
    )


def _pandas_column(series: Any) -> pa.Array:
    try:
        column = pa.Array.from_pandas(series)
    except (pa.ArrowException, OverflowError):
        values = series.astype(object).where(series.notna(), None)
        return arrow_column(values.tolist())
    if pa.types.is_struct(column.type):
        return arrow_column(column.to_pylist())
    return column


def _from_dataset(source: Any) -> pa.Table:
    kind = type(source).__name__
    if kind in ("DatasetDict", "IterableDatasetDict"):
        raise UsageError(
            f"the {kind} has the splits {', '.join(source)}",
            hint="pass one of them",
            option="source",
        )
    if kind != "Dataset":
        raise UsageError(
            f"cannot read {kind}", hint="convert it to a Dataset first", option="source"
        )
    table = source.with_format("arrow")[:]
    names = _class_names(source.features)
    for index, column in enumerate(table.column_names):
        if column in names:
            table = table.set_column(index, column, _decode_classes(table[column], names[column]))
    return table


def _class_names(features: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        column: list(feature.names)
        for column, feature in features.items()
        if type(feature).__name__ == "ClassLabel"
    }


def _decode_classes(column: pa.ChunkedArray, names: Sequence[str]) -> pa.Array:
    """Return class numbers as class names; -1 (unknown) becomes null."""
    known = range(len(names))
    return pa.array(
        [names[value] if value in known else None for value in column.to_pylist()], pa.string()
    )
