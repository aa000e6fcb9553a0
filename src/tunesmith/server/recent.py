"""Keys that were verified a moment ago, so that not every request asks the database."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Values that are remembered for a few seconds; safe to use from several threads.

    Parameters
    ----------
    seconds
        Seconds until a value is forgotten.
    clock
        Returns the time in seconds.

    Examples
    --------
    >>> recent = Recent(2.0, clock=lambda: 0.0)
    >>> recent.put("digest", "key-1", recent.generation)
    >>> recent.get("digest")
    'key-1'
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock, self._lock = seconds, clock, Lock()
        self._values: dict[str, tuple[Value, float]] = {}
        self.generation = 0

    def get(self, name: str) -> Value | None:
        """Return a value that was put in the last seconds, or None."""
        found = self._values.get(name)
        if found is None or self._clock() >= found[1]:
            return None
        return found[0]

    def put(self, name: str, value: Value, generation: int) -> None:
        """Remember a value, unless everything was forgotten since ``generation`` was read.

        A key that is revoked while the database is asked for it must not be remembered.
        """
        with self._lock:
            if generation == self.generation:
                self._values[name] = (value, self._clock() + self._seconds)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self.generation += 1
            self._values.clear()
