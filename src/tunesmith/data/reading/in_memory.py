"""Convert tables in memory and Parquet files to Arrow tables."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tunesmith.data.reading.header import repeated_name
from tunesmith.data.reading.hugging_face import dataset_table
from tunesmith.data.reading.json_rows import arrow_column
from tunesmith.data.reading.missing import known, known_table
from tunesmith.data.reading.python_rows import columns_table
from tunesmith.data.word_count import word_count
from tunesmith.errors import DataError, UnreadableFile, UsageError

_SAMPLE = 200
_TEXT_WORDS = 3
_IN_MEMORY = (
    "a path, a pandas, polars or Arrow table, a list of rows, a dictionary of columns, a Hugging "
    "Face Dataset, or the name of one on the Hub"
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
        raise damaged_parquet(path, error) from error


def damaged_parquet(path: Path, error: Exception) -> UnreadableFile:
    """Return the error for a Parquet file that pyarrow cannot read."""
    first_line = str(error).partition("\n")[0]
    return UnreadableFile(
        f"{path.name} is a damaged Parquet file ({first_line})",
        hint="export it again",
        file=path.name,
    )


def as_table(source: object) -> pa.Table:
    """Return a table of pandas, polars or Arrow, a dataset or columns as an Arrow table.

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
        table = dataset_table(source)
    elif library == "pandas" and hasattr(source, "columns"):
        table = _from_pandas(_with_named_index(source))
    elif hasattr(source, "__arrow_c_stream__"):
        table = pa.table(source)
    elif isinstance(source, Mapping) and any(map(_is_of_rows, source.values())):
        table = _from_pandas(_frame(source))
    elif isinstance(source, Mapping):
        table = columns_table(source)
    else:
        raise UsageError(
            f"cannot read {type(source).__name__}", hint=_instead(source), option="source"
        )
    return plain_table(table, memory_name(source))


def _instead(source: object) -> str:
    if hasattr(source, "read"):
        return "pass the path of the file instead"
    if hasattr(source, "__next__"):
        return "pass a list instead, such as list(rows)"
    return f"pass {_IN_MEMORY}"


def memory_name(source: object) -> str:
    """Return the name used in messages for a table in memory."""
    return f"the {type(source).__name__}"


def plain_table(table: pa.Table, name: str) -> pa.Table:
    """Check column names and row count; return the table with plain strings and known values.

    Dictionaries, such as categories of pandas and polars, become their values, and what is missing
    becomes null.
    """
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
        column or f"column{number}": _plain_column(table.column(number - 1))
        for number, column in enumerate(table.column_names, start=1)
    }
    return known_table(pa.table(columns))


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


def _plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = _plain_type(column.type)
    if column.type == kind:
        return column
    return pa.chunked_array([_plain_array(chunk) for chunk in column.chunks], kind)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """Return a type without dictionaries and string views, which not all functions take."""
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    if pa.types.is_large_list(kind):
        return pa.large_list(_plain_type(kind.value_type))
    return pa.string() if pa.types.is_string_view(kind) else kind


def _plain_array(array: pa.Array) -> pa.Array:
    kind = _plain_type(array.type)
    if pa.types.is_dictionary(array.type):
        # Arrow cannot decode a dictionary of string views, as polars has them.
        values = array.dictionary.cast(kind)
        return pa.DictionaryArray.from_arrays(array.indices, values).dictionary_decode()
    try:
        return array.cast(kind)
    except pa.ArrowNotImplementedError:
        return pa.array(array.to_pylist(), kind)


def _is_of_rows(values: object) -> bool:
    """Return whether a column of pandas has row labels of its own, by which it is matched."""
    return type(values).__module__.partition(".")[0] == "pandas" and hasattr(values, "index")


def _frame(source: Mapping[Any, Any]) -> Any:
    """Return columns of pandas as a DataFrame, which matches their rows by their labels."""
    import pandas as pd

    try:
        return pd.DataFrame({str(name): values for name, values in source.items()})
    except ValueError as error:
        raise UsageError(
            f"the columns cannot be joined by their index: {error}",
            hint="pass one DataFrame, or lists of equal length",
            option="source",
        ) from error


def _with_named_index(frame: Any) -> Any:
    """Return a DataFrame with the named levels of its index as columns, as Parquet stores them."""
    if type(frame.index).__name__ == "RangeIndex":
        return frame
    refuse_texts_in_index(frame)
    taken = [str(column) for column in frame.columns]
    named = [name for name in frame.index.names if name is not None and str(name) not in taken]
    return frame.reset_index(level=named) if named else frame


def refuse_texts_in_index(source: Any) -> None:
    """Raise an error for a column or table of pandas whose index holds texts without a name.

    Raises
    ------
    UsageError
        The index holds texts, which would be lost.
    """
    index = getattr(source, "index", None)
    if index is None or callable(index) or any(name is not None for name in index.names):
        return
    cells = index.tolist()[:_SAMPLE]
    words = sum(word_count(cell) for cell in cells if isinstance(cell, str))
    if cells and words >= _TEXT_WORDS * len(cells):
        raise UsageError(
            f"the index of the {type(source).__name__} holds texts, and has no name",
            hint="make it a column with reset_index, or give it a name",
            option="source",
        )


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
        return arrow_column([known(value) for value in series.astype(object).tolist()])
    if _is_of_pandas(column.type):
        return arrow_column([_written(value) for value in series.astype(object).tolist()])
    if pa.types.is_struct(column.type):
        return arrow_column([known(value) for value in column.to_pylist()])
    return column


def _is_of_pandas(kind: pa.DataType) -> bool:
    """Return whether values are periods or intervals, which Arrow has as numbers without a unit."""
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return isinstance(plain, pa.BaseExtensionType) and plain.extension_name.startswith("pandas.")


def _written(value: object) -> str | None:
    return None if known(value) is None else str(value)
