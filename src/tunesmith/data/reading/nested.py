"""Turn columns of objects into plain columns: ``{"data": {"text": …}}`` has a ``data.text``.

Objects with a 1 or 0 for each label stay as they are, and so do objects with too many keys, which
are ids or words rather than columns.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from tunesmith.data.column_names import LABELS, plain_name
from tunesmith.data.reading.json_rows import arrow_column

_MAX_KEYS: Final = 64
_Named = tuple[str, pa.ChunkedArray]


def flat_table(table: pa.Table) -> pa.Table:
    """Return the table with a column for each entry of its objects, at any depth.

    Examples
    --------
    >>> rows = pa.table({"data": [{"text": "my card", "from": {"mail": "a@b"}}], "label": ["card"]})
    >>> flat_table(rows).column_names
    ['data.text', 'data.from.mail', 'label']
    """
    columns = [flat for name in table.column_names for flat in _flat(name, table[name], depth=0)]
    names = [name for name, _ in columns]
    if len(set(names)) < len(names):  # the file has columns with such names
        return table
    return pa.table(dict(columns)) if names != table.column_names else table


def _flat(name: str, column: pa.ChunkedArray, depth: int) -> Iterator[_Named]:
    parts = _parts(name, column) if depth < _MAX_KEYS else None
    if parts is None:
        yield name, column
        return
    for part, values in parts.items():
        yield from _flat(f"{name}.{part}", values, depth + 1)


def _parts(name: str, column: pa.ChunkedArray) -> dict[str, pa.ChunkedArray] | None:
    """Return the columns of the entries of an object, or None for anything else."""
    if pa.types.is_struct(column.type):
        return _of_struct(name, column)
    if pa.types.is_map(column.type):
        return _of_objects(name, [None if row is None else dict(row) for row in column.to_pylist()])
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        rows = _parsed_objects(column)
        return None if rows is None or _are_numeric(rows) else _of_objects(name, rows)
    return None


def _of_struct(name: str, column: pa.ChunkedArray) -> dict[str, pa.ChunkedArray] | None:
    kinds = {field.type for field in column.type}
    if not 0 < column.type.num_fields <= _MAX_KEYS:
        return None
    if all(_is_numeric(kind) for kind in kinds):
        return _of_objects(name, column.to_pylist())
    names = [field.name for field in column.type]
    return dict(zip(names, column.flatten(), strict=True))


def _of_objects(name: str, rows: list[dict[str, Any] | None]) -> dict[str, pa.ChunkedArray] | None:
    keys = dict.fromkeys(key for row in rows for key in row or ())
    if not 0 < len(keys) <= _MAX_KEYS or _are_labels(name, rows):
        return None
    return {
        str(key): pa.chunked_array([arrow_column([(row or {}).get(key) for row in rows])])
        for key in keys
    }


def _are_labels(name: str, rows: list[dict[str, Any] | None]) -> bool:
    values = {item for row in rows for item in (row or {}).values()} if _are_numeric(rows) else None
    return values is not None and (plain_name(name) in LABELS or values <= {0, 1, None})


def _are_numeric(rows: list[dict[str, Any] | None]) -> bool:
    items = (item for row in rows for item in (row or {}).values())
    return all(item is None or isinstance(item, int | float) for item in items)


def _is_numeric(kind: pa.DataType) -> bool:
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return bool(number or pa.types.is_boolean(kind) or pa.types.is_null(kind))


def _parsed_objects(column: pa.ChunkedArray) -> list[dict[str, Any] | None] | None:
    """Return the objects of a column of JSON texts, or None if a cell holds something else."""
    rows: list[dict[str, Any] | None] = []
    for cell in column.to_pylist():
        if cell is None:
            rows.append(None)
            continue
        if not cell.startswith("{"):
            return None
        try:
            rows.append(json.loads(cell))
        except (ValueError, RecursionError):
            return None
    return rows if any(rows) else None
