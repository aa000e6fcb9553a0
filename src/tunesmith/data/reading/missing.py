"""Which values are missing, whatever the source: null, NaN, NaT, NA and blank strings.

Words such as ``NA`` or ``null`` are texts: only a user knows what they mean.
"""

from decimal import Decimal
from math import isnan
from numbers import Real
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_NESTED = (pa.types.is_struct, pa.types.is_map, pa.types.is_fixed_size_list)
_LISTS = (pa.types.is_list, pa.types.is_large_list)
_STRINGS = (pa.types.is_string, pa.types.is_large_string)


def is_missing(value: object) -> bool:
    """Return whether a Python value counts as missing.

    Examples
    --------
    >>> [is_missing(value) for value in (None, float("nan"), " ", "NaN", 0)]
    [True, True, True, False, False]
    """
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, Real | Decimal):  # of Python or NumPy
        return isnan(value)
    return value is None or type(value).__name__ in {"NAType", "NaTType"}


def known(value: Any) -> Any:
    """Return a Python value with None for what is missing, also within lists and objects.

    Examples
    --------
    >>> known(["lift", float("nan"), {"water": float("nan")}])
    ['lift', None, {'water': None}]
    """
    if isinstance(value, dict):
        return {key: known(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(known(item) for item in value)  # maps are lists of tuples
    return None if is_missing(value) else value


def known_table(table: pa.Table) -> pa.Table:
    """Return a table with null for what is missing.

    Examples
    --------
    >>> known_table(pa.table({"text": ["a", " "], "score": [float("nan"), 1.0]})).to_pydict()
    {'text': ['a', None], 'score': [None, 1.0]}
    """
    for index, name in enumerate(table.column_names):
        column = table.column(index)
        chunks = [_known_array(chunk) for chunk in column.chunks]
        if any(new is not old for new, old in zip(chunks, column.chunks, strict=True)):
            table = table.set_column(index, name, pa.chunked_array(chunks))
    return table


def _known_array(array: pa.Array) -> pa.Array:
    """Return an array with null for what is missing; the array itself if nothing is."""
    if any(test(array.type) for test in _STRINGS):
        return _without(array, pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(array)), 0))
    if pa.types.is_floating(array.type):
        return _without(array, pc.is_nan(array))
    if any(test(array.type) for test in _LISTS):
        values = array.flatten()
        new = _known_array(values)
        return array if new is values else _relisted(array, new)
    if any(test(array.type) for test in _NESTED):
        return pa.array([known(value) for value in array.to_pylist()], array.type)
    return array


def _without(array: pa.Array, missing: pa.Array) -> pa.Array:
    if not pc.any(missing).as_py():
        return array
    return pc.if_else(missing, pa.scalar(None, array.type), array)


def _relisted(array: pa.Array, values: pa.Array) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(array), 0)
    ends = pc.cumulative_sum(lengths)
    offsets = pa.concat_arrays([pa.array([0], ends.type), ends])
    return type(array).from_arrays(offsets, values, type=array.type, mask=pc.is_null(array))
