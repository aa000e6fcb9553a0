"""A split by time: every row of the test is later than every row for training."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.data import read, split_by_time
from tunesmith.errors import DataError, UsageError

START = datetime(2026, 1, 1, tzinfo=UTC)
FORMS: dict[str, Callable[[int], Any]] = {
    "dates": lambda day: (START + timedelta(days=day)).date(),
    "ISO dates": lambda day: (START + timedelta(days=day)).date().isoformat(),
    "basic dates": lambda day: (START + timedelta(days=day)).strftime("%Y%m%d"),
    "times": lambda day: START + timedelta(days=day),
    "ISO times": lambda day: (START + timedelta(days=day)).isoformat(),
    "times with Z": lambda day: f"{(START + timedelta(days=day)).date()}T10:00:00Z",
    "seconds": lambda day: START.timestamp() + 86_400 * day,
    "years": lambda day: 2000 + day,
    "numbers as text": str,
}


@pytest.mark.parametrize("form", FORMS)
@given(days=st.lists(st.integers(0, 90), min_size=2, max_size=40).filter(lambda d: len(set(d)) > 1))
def test_the_test_is_later(form: str, days: list[int]) -> None:
    """No row is lost, and the test has at least a fifth of the rows."""
    table = pa.table(
        {
            "text": [f"text {n}" for n in range(len(days))],
            "date": [FORMS[form](day) for day in days],
        }
    )
    earlier, later = split_by_time(read(table), "date")
    before, after = (np.array(days)[part.rows - 1] for part in (earlier, later))
    assert before.max() < after.min()
    assert sorted([*earlier.rows, *later.rows]) == list(range(1, len(days) + 1))
    # Rows of one time stay together, unless nothing would be left for training.
    assert len(after) >= int(0.2 * len(days))


def test_pandas_times() -> None:
    """Timestamps of pandas are times."""
    frame = pd.DataFrame(
        {"text": list("abc"), "at": pd.to_datetime(["2026-03-01", "2026-01-01", "2026-02-01"])}
    )
    earlier, later = split_by_time(read(frame), "at")
    assert (earlier.rows.tolist(), later.rows.tolist()) == ([2, 3], [1])
    assert later.notes == ("1 later row of 3",)
    assert earlier.digest != later.digest


@pytest.mark.parametrize("value", ["03/04/2026", "May", None, "", float("nan")])
def test_what_is_not_a_date_is_named(value: object) -> None:
    """An ambiguous date is not guessed: the error names the row and the format."""
    frame = pd.DataFrame(
        {"text": list("abc"), "at": pd.Series(["2026-03-01", value, date(2026, 1, 1).isoformat()])}
    )
    with pytest.raises(DataError, match=r"row 2 of .* use dates such as 2026-05-01"):
        split_by_time(read(frame), "at")


def test_columns_that_cannot_split() -> None:
    """A column that does not exist or never changes, and a BEIR folder, are errors."""
    table = pa.table({"text": ["a", "b"], "year": [2026, 2026]})
    with pytest.raises(UsageError, match="has no column 'date'; it has text, year"):
        split_by_time(read(table), "date")
    with pytest.raises(DataError, match="have the same 'year'"):
        split_by_time(read(table), "year")
    with pytest.raises(UsageError, match="has its own splits"):
        split_by_time(read("examples/retrieval"), "date")
