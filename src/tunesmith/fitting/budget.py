"""How much time a fit may take."""

import re
import time
from dataclasses import dataclass

from tunesmith.errors import UsageError

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(duration: str | float) -> float:
    """Return seconds for ``90``, ``"90s"``, ``"5m"`` or ``"1.5h"``.

    Raises
    ------
    UsageError
        When it is none of these, or not above zero.

    Examples
    --------
    >>> parse_duration("5m")
    300.0
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smh]?)\s*", str(duration).lower())
    seconds = float(match[1]) * UNITS[match[2]] if match else 0.0
    if seconds <= 0:
        raise UsageError(f"budget {duration!r} is no duration: write 90s, 5m or 1h")
    return seconds


@dataclass(frozen=True)
class Clock:
    """Counts a budget down; ``deadline`` is on the scale of ``time.monotonic``."""

    deadline: float

    @classmethod
    def start(cls, seconds: float) -> "Clock":
        """Return a clock that runs out in so many seconds."""
        return cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.deadline - time.monotonic())
