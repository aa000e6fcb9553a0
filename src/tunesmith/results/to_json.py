"""Convert results to JSON values."""

import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any


def plain(value: object) -> Any:
    """Convert a value to JSON values; NaN and infinity become null, and paths become strings.

    Returns
    -------
    dict, list, str, int, float, bool or None
        The JSON value; arrays become lists, and dataclasses become dictionaries.

    Examples
    --------
    >>> plain({"folder": Path("a"), "score": float("nan"), "rows": (1, 2)})
    {'folder': 'a', 'score': None, 'rows': [1, 2]}
    """
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if hasattr(value, "tolist"):
        return plain(_numbers(value))
    return str(value) if isinstance(value, Path) else value


def _numbers(array: Any) -> Any:
    """Return an array as a list; float32 keeps its own digits: 0.1, not 0.10000000149011612."""
    return (array.astype(str).astype(float) if array.dtype == "float32" else array).tolist()
