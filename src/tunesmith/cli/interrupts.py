"""Ctrl-C sets a token instead of raising an exception in the middle of a step."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tunesmith.stop import Stop

_STOPPING = "stopping: finished candidates are kept; press Ctrl-C again to cancel\n"
_CANCELLING = "cancelling: run the same command again to resume\n"


@contextmanager
def stop_on_interrupt() -> Iterator[Stop]:
    """Yield a token that the first Ctrl-C sets and the second cancels; a third interrupts Python.

    Examples
    --------
    >>> with stop_on_interrupt() as stop:
    ...     stop.requested
    False
    """
    stop = Stop()

    def handle(_signal: int, _frame: FrameType | None) -> None:
        if stop.cancelled:
            signal.default_int_handler(_signal, _frame)
        end, message = (stop.cancel, _CANCELLING) if stop.requested else (stop.set, _STOPPING)
        end()
        sys.stderr.write(message)

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
