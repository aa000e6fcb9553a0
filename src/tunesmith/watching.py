"""Who watches the progress of long computations."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a computation has come.

    Parameters
    ----------
    title
        What is done, such as ``"Encoding"``.
    done, total
        Number of items done, and of all items; None if that is not known.
    rate
        Items per second so far; None at the start.
    left
        Seconds left at this rate; None if that is not known.
    ended
        Whether this is the computation's last report.
    """

    title: str
    done: int
    total: int | None
    rate: float | None = None
    left: float | None = None
    ended: bool = False


Watcher = Callable[[Progress], None]
_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Report the progress of the computations inside the block to a function.

    Examples
    --------
    >>> with watching(print):
    ...     current_watcher() is print
    True
    """
    before = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(before)


def current_watcher() -> Watcher | None:
    """Return the function that watches the surrounding block, or None."""
    return _watcher.get()
