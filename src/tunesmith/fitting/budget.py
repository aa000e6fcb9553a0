"""Time budgets: parsing a duration, and a countdown."""

import re
import time
from dataclasses import dataclass

from tunesmith.errors import UsageError

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


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
        raise UsageError(f"budget {duration!r} is not a valid duration: use 90s, 5m or 1h")
    return seconds


@dataclass(frozen=True)
class Clock:
    """A countdown; ``deadline`` is a value of ``time.monotonic``."""

    deadline: float

    @classmethod
    def start(cls, seconds: float) -> "Clock":
        """Return a clock that runs out after the given number of seconds."""
        return cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.deadline - time.monotonic())
