"""Time budgets as durations."""

import re

from tunesmith.errors import UsageError

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
UNLIMITED = "none"


def parse_duration(duration: str | float) -> float:
    """Return a duration in seconds: ``90``, ``"90s"``, ``"5m"`` or ``"1.5h"``.

    Raises
    ------
    UsageError
        The value is not a duration, or not greater than zero.

    Examples
    --------
    >>> parse_duration("5m")
    300.0
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smh]?)\s*", str(duration).lower())
    seconds = float(match[1]) * UNITS[match[2]] if match else 0.0
    if seconds <= 0:
        raise UsageError(
            f"budget {duration!r} is not a valid duration",
            hint="use 90s, 5m or 1h",
            option="budget",
        )
    return seconds


def parse_budget(budget: str | float | None) -> float | None:
    """Return the seconds of a duration; None for None and ``"none"``, which set no limit.

    Raises
    ------
    UsageError
        When it is neither.

    Examples
    --------
    >>> parse_budget("90s"), parse_budget("none")
    (90.0, None)
    """
    if budget is None or str(budget).strip().lower() == UNLIMITED:
        return None
    return parse_duration(budget)
