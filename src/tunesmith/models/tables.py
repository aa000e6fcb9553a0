"""Parquet tables of a fit in a model's folder."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from tunesmith.errors import DamagedModel

Row = TypeVar("Row")


def read_rows(
    path: Path, schema: pa.Schema, make: Callable[[Mapping[str, Any]], Row]
) -> tuple[Row, ...] | None:
    """Return what ``make`` makes of each row of a table; None if there is no such file.

    Raises
    ------
    DamagedModel
        The file cannot be read.
    """
    if not path.is_file():
        return None
    try:
        return tuple(map(make, pq.read_table(path, schema=schema).to_pylist()))
    except (pa.ArrowException, OSError, TypeError) as error:
        raise DamagedModel(f"{path} cannot be read: {error}", hint="fit the model again") from error
