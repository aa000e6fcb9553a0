"""Columns of labels for files of annotation tools."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from tunesmith.data.loaded import Records
from tunesmith.data.reading.json_rows import arrow_column

Row = Mapping[str, Any]


def one_each(labels: Sequence[list[str] | None]) -> list[Any]:
    """Return single labels if no row has more than one, else the lists.

    Examples
    --------
    >>> one_each([["lift"], None]), one_each([["lift"], []])
    (['lift', None], [['lift'], []])
    """
    if all(row is None or len(row) == 1 for row in labels):
        return [None if row is None else row[0] for row in labels]
    return list(labels)


def other_columns(table: pa.Table, without: Sequence[str]) -> dict[str, pa.ChunkedArray]:
    """Return the columns of a table, except for some."""
    return {name: table[name] for name in table.column_names if name not in without}


def with_columns(records: Records, columns: Mapping[str, Any], note: str) -> Records:
    """Return records with these columns, which are lists or Arrow columns, and one more note."""
    table = pa.table(
        {
            name: arrow_column(values) if isinstance(values, list) else values
            for name, values in columns.items()
        }
    )
    return replace(records, table=table, notes=(*records.notes, note))


def holds_objects(column: pa.ChunkedArray, key: str | None = None) -> bool:
    """Return whether cells are lists of objects, with a key if one is given."""
    kind = column.type
    if not pa.types.is_list(kind) or not pa.types.is_struct(kind.value_type):
        return False
    return key is None or kind.value_type.get_field_index(key) >= 0
