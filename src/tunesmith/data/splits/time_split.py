"""Split rows by time: the earlier ones are for training, the later ones are the test."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.data.loaded import Loaded
from tunesmith.errors import DataError, UsageError
from tunesmith.wording import plural

TEST_SHARE: Final = 0.2


def split_by_time(
    loaded: Loaded, column: str, *, share: float = TEST_SHARE
) -> tuple[Loaded, Loaded]:
    """Return the earlier rows of a source for training, and the later ones as the test.

    Rows of one point in time stay together, so the test may be larger than its share.

    Parameters
    ----------
    loaded
        A source as returned by :func:`tunesmith.data.read`.
    column
        A column with dates or times in ISO format (``2026-05-01``), or with numbers such as years
        or seconds. A time without a zone is taken as UTC.
    share
        The share of the rows that is the test, at least.

    Raises
    ------
    UsageError
        The column does not exist, or the source is a BEIR folder.
    DataError
        A row has no date, or all rows have the same.

    Examples
    --------
    >>> from tunesmith.data import read
    >>> table = pa.table({"text": ["a", "b", "c"], "label": ["x", "y", "x"], "year": [3, 1, 2]})
    >>> earlier, later = split_by_time(read(table), "year")
    >>> earlier.rows.tolist(), later.rows.tolist()
    ([2, 3], [1])
    """
    if loaded.retrieval is not None:
        raise UsageError(f"{loaded.name} has its own splits", option="split_by")
    names = loaded.table.column_names
    if column not in names:
        raise UsageError(
            f"{loaded.name} has no column {column!r}; it has {', '.join(names)}",
            file=loaded.name,
            column=column,
            option="split_by",
        )
    times = np.array([*_times(loaded, column)], dtype=np.float64)
    first = _first_of_test(times, share)
    if first is None:
        raise DataError(
            f"all rows of {loaded.name} have the same {column!r}",
            hint="choose another column, or another way to split",
            file=loaded.name,
            column=column,
            option="split_by",
        )
    return _part(loaded, times < first, "earlier"), _part(loaded, times >= first, "later")


def _first_of_test(times: NDArray[np.float64], share: float) -> float | None:
    """Return the first time of the test; None if there is only one time."""
    later = times[times > times.min()]
    if not len(later):
        return None
    ordered = np.sort(times)
    at_share = ordered[int(np.floor(len(ordered) * (1 - share)))]
    return float(max(at_share, later.min()))


def _times(loaded: Loaded, column: str) -> Iterator[float]:
    """Yield the time of each row as a number."""
    for row, value in zip(loaded.rows.tolist(), loaded.table[column].to_pylist(), strict=True):
        time = _time(value)
        if time is None or not np.isfinite(time):
            shown = "has no date" if value in (None, "") else f"has {value!r}, which is not a date"
            raise DataError(
                f"row {row} of {loaded.name} {shown}",
                hint="use dates such as 2026-05-01, or numbers",
                file=loaded.name,
                row=row,
                column=column,
            )
        yield time


def _time(value: Any) -> float | None:
    """Return a number, a date or a text with one of them as a number; None for anything else."""
    try:
        if isinstance(value, str):
            value = value.strip()
            value = datetime.fromisoformat(value) if not _is_number(value) else float(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day, tzinfo=UTC)
        if isinstance(value, datetime):
            aware = value if value.tzinfo else value.replace(tzinfo=UTC)
            return aware.timestamp()
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _is_number(text: str) -> bool:
    """Return whether a text is a number, which eight digits (20260501) are not."""
    return text.replace(".", "", 1).isdecimal() and len(text) != len("20260501")


def _part(loaded: Loaded, chosen: NDArray[np.bool_], name: str) -> Loaded:
    kept = np.flatnonzero(chosen)
    digest = hashlib.sha256(f"{loaded.digest} {kept.tolist()}".encode()).hexdigest()
    note = f"{plural(len(kept), f'{name} row')} of {loaded.table.num_rows:,}"
    return replace(
        loaded,
        table=loaded.table.take(pa.array(kept)),
        rows=loaded.rows[kept],
        notes=(*loaded.notes, note),
        name=f"{loaded.name} ({name} rows)" if name == "later" else loaded.name,
        digest=digest,
    )
