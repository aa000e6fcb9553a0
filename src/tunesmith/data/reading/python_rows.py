"""Lists of rows and dictionaries of columns, as Python programs hold them."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import pyarrow as pa

from tunesmith.data.column_names import is_known
from tunesmith.data.loaded import Records
from tunesmith.data.reading.json_rows import NotARow, RowTable, arrow_column
from tunesmith.data.reading.missing import is_missing, known
from tunesmith.errors import UnreadableFile, UsageError

_FEW: Final = 10


def list_records(source: Any) -> Records:
    """Return a list of dictionaries, of tuples or of texts, or a single column, as rows.

    Raises
    ------
    UnreadableFile
        The list is empty.
    UsageError
        An item is not a row, or not of the form of the others.

    Examples
    --------
    >>> list_records([{"text": "my card", "label": "card"}, {"text": "hello"}]).table.to_pylist()
    [{'text': 'my card', 'label': 'card'}, {'text': 'hello', 'label': None}]
    """
    items = listed(source)
    if not items:
        raise UnreadableFile("the list has no rows", hint="add rows, or check the source")
    rows = RowTable()
    for number, item in enumerate(items, start=1):
        try:
            rows.add(_plain(item), number)
        except NotARow as error:
            raise UsageError(
                f"item {number} of the list is not a row: {error}",
                hint="pass dictionaries with the same keys, tuples of one length, or texts",
                option="source",
            ) from error
    return rows.records()


def columns_table(source: Mapping[str, Any]) -> pa.Table:
    """Return a dictionary of columns as an Arrow table.

    Columns are lists, tuples, NumPy arrays, pandas, polars or Arrow columns, or keyed by row.

    Raises
    ------
    UsageError
        The columns differ in length, or are not columns.

    Examples
    --------
    >>> columns_table({"text": ["my card", ""], "label": ("card", "order")}).to_pylist()
    [{'text': 'my card', 'label': 'card'}, {'text': None, 'label': 'order'}]
    """
    if not all(map(_is_column, source.values())) or _differ_in_rows(source):
        raise UsageError(
            f"cannot read {type(source).__name__}: its values are not columns",
            hint="map each column name to a list of equal length",
            option="source",
        )
    rows = next(iter(source.values()), ())  # of columns keyed by row, which may differ in order
    columns = {
        str(name): [values[row] for row in rows] if isinstance(values, Mapping) else listed(values)
        for name, values in source.items()
    }
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name!r} {length}" for name, length in lengths.items())
        raise UsageError(
            f"the columns differ in length: {found}",
            hint="give each row a value in every column, None if it is missing",
            option="source",
        )
    return pa.table({name: arrow_column(known(values)) for name, values in columns.items()})


def holds_columns(
    source: Mapping[Any, Any], given: Collection[str] = (), *, of_queries: bool = False
) -> bool:
    """Return whether a mapping is a table by columns, rather than queries with their documents.

    It is if a given column is a key. Otherwise all values are columns, and either all keys are
    known column names, or one is and the lengths are equal, or there are more rows than columns.

    Parameters
    ----------
    source
        A mapping.
    given
        The columns that the caller named.
    of_queries
        Whether it may have queries with many documents, so that columns need known names.

    Examples
    --------
    >>> holds_columns({"text": ["my card", "my order"], "label": ["card", "order"]})
    True
    >>> holds_columns({"my card is lost": ["d1", "d2"], "text": ["d2"]})
    False
    """
    if not all(map(_is_column, source.values())) or _differ_in_rows(source):
        return False
    if any(name in source for name in given):
        return True
    named = [is_known(str(name)) for name in source]
    lengths = {len(values) for values in source.values()}
    if all(named) or (any(named) and len(lengths) == 1):
        return True
    return not of_queries and len(lengths) == 1 and lengths.pop() > max(len(source), _FEW)


def is_series(source: object) -> bool:
    """Return whether a source is a single column: of pandas, polars, Arrow or NumPy."""
    if isinstance(source, pa.Array | pa.ChunkedArray):
        return True
    return type(source).__name__ == "Series" or getattr(source, "ndim", 0) == 1


def is_matrix(source: object) -> bool:
    """Return whether a source is an array of rows, as of NumPy."""
    return getattr(source, "ndim", 0) == 2 and not hasattr(source, "columns")


def _is_column(values: Any) -> bool:
    return hasattr(values, "__len__") and not isinstance(values, str | bytes | set)


def _differ_in_rows(source: Mapping[Any, Any]) -> bool:
    """Return whether some values are keyed by row, as those of ``to_dict``, and the rows differ."""
    keys = [set(values) if isinstance(values, Mapping) else None for values in source.values()]
    return any(keys) and any(each != keys[0] for each in keys)


def listed(values: Any) -> list[Any]:
    """Return a list, a NumPy array, or a pandas, polars or Arrow column as a list."""
    for name in ("to_pylist", "tolist", "to_list"):
        if hasattr(values, name):
            return list(getattr(values, name)())
    return list(values)


def _plain(item: Any) -> Any:
    """Return an item as in JSON: an object, a list or a text, which may be missing."""
    if isinstance(item, Mapping):
        return {str(name): value for name, value in item.items()}
    if isinstance(item, tuple):
        return list(item)
    return "" if is_missing(item) else item
