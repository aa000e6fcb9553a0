"""The rate limit: how many requests a key may send in a minute."""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable

from tunesmith.server.faults import Busy
from tunesmith.wording import plural

_MINUTE = 60.0


class Rates:
    """Counts the requests of each key in the last minute; used on one event loop.

    Parameters
    ----------
    per_minute
        Maximum number of requests of one key in any 60 seconds; None for no limit.
    clock
        Returns the time in seconds.

    Examples
    --------
    >>> rates = Rates(1, clock=lambda: 0.0)
    >>> rates.add("key-1")
    >>> try:
    ...     rates.add("key-1")
    ... except Busy as error:
    ...     print(error.retry_after)
    60
    """

    def __init__(self, per_minute: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = per_minute, clock
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)

    def add(self, key: str) -> None:
        """Count a request of a key.

        Raises
        ------
        Busy
            The key has used up its requests; ``retry_after`` is 1 to 60 seconds.
        """
        if self._limit is None:
            return
        now, times = self._clock(), self._times[key]
        while times and times[0] <= now - _MINUTE:
            times.popleft()
        if len(times) >= self._limit:
            raise self._busy(key, times, now)
        times.append(now)

    def _busy(self, key: str, times: deque[float], now: float) -> Busy:
        wait = _MINUTE if not times else times[0] + _MINUTE - now
        return Busy(
            f"key {key} has sent {plural(self._limit or 0, 'request')} in a minute, its limit",
            hint="send the request again later, or raise the limit (`requests_per_minute`)",
            retry_after=min(60, max(1, math.ceil(wait))),
        )
