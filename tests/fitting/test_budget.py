"""Durations are parsed in the usual formats."""

import time

import pytest

from tunesmith.errors import UsageError
from tunesmith.fitting.budget import Clock, parse_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90", 90), ("90s", 90), ("5m", 300), ("1.5h", 5400), (" 2 M ", 120), (45, 45), (0.5, 0.5)],
)
def test_durations(written: str | float, seconds: float) -> None:
    """Seconds, minutes and hours, with or without a fraction."""
    assert parse_duration(written) == seconds


@pytest.mark.parametrize("written", ["", "soon", "-5m", "0", "5 weeks", "nan", "1e3"])
def test_invalid_durations_are_rejected(written: str) -> None:
    """The error shows valid formats."""
    with pytest.raises(UsageError, match="90s, 5m or 1h"):
        parse_duration(written)


def test_a_clock_stops_at_zero() -> None:
    """The time left is never negative."""
    assert 9 < Clock.start(10).left <= 10
    assert Clock(time.monotonic() - 1).left == 0
