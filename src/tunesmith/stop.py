"""End long work early: a token that a deadline, Ctrl-C or a caller sets."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tunesmith.errors import Cancelled


class Stop:
    """A token that ends a long computation early, and knows how much time is left.

    The computation looks at the token in every step. Any thread and any signal handler may set it.

    Parameters
    ----------
    seconds
        Time limit from now, in seconds; None for no limit. When it has passed, training ends with
        the weights that it has.

    Examples
    --------
    >>> stop = Stop()
    >>> stop.set()
    >>> stop.requested, stop.cancelled
    (True, False)
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds
        self._parent: Stop | None = None
        self._extra = self._extra_before = 0.0
        self._set = self._cancelled = False

    def set(self) -> None:
        """End the search: a fit tests the best of the candidates that are finished."""
        self._set = True

    def cancel(self) -> None:
        """End everything: :class:`~tunesmith.errors.Cancelled` is raised.

        What is finished is kept, and repeating the call resumes the run.
        """
        self._set = self._cancelled = True

    def extend(self, seconds: float) -> None:
        """Allow more time, in seconds; less if negative. Tokens made by :meth:`within` get it too.

        Examples
        --------
        >>> stop = Stop()
        >>> part = stop.within(60)
        >>> stop.extend(60)
        >>> part.left > 60
        True
        """
        self._extra += seconds

    @property
    def requested(self) -> bool:
        """Whether :meth:`set` or :meth:`cancel` was called."""
        return self._set or (self._parent is not None and self._parent.requested)

    @property
    def cancelled(self) -> bool:
        """Whether :meth:`cancel` was called."""
        return self._cancelled or (self._parent is not None and self._parent.cancelled)

    @property
    def left(self) -> float | None:
        """Seconds left, never negative; None for no limit."""
        own = None if self._end is None else self._end + self._added - time.monotonic()
        own = None if own is None else max(0.0, own)
        given = None if self._parent is None else self._parent.left
        return min((each for each in (own, given) if each is not None), default=None)

    @property
    def late(self) -> bool:
        """Whether the time limit has passed."""
        return self.left == 0.0

    def within(self, seconds: float | None) -> "Stop":
        """Return a token with a shorter time limit, which is also set when this one is."""
        child = Stop(seconds)
        child._parent, child._extra_before = self, self._added
        return child

    def untimed(self, *, finishing: bool = False) -> "Stop":
        """Return a token without the time limit, which is also set when this one is.

        Parameters
        ----------
        finishing
            Whether the search is over: only cancelling then ends the work.
        """
        return _Untimed(self, finishing=finishing)

    def share(self, part: float) -> "Stop":
        """Return a token that has a part of the time left, 0 to 1.

        Examples
        --------
        >>> Stop().share(0.5).left is None
        True
        """
        left = self.left
        return self.within(None if left is None else part * left)

    @property
    def _added(self) -> float:
        """Seconds that were added to the time limit since the token was made."""
        given = 0.0 if self._parent is None else self._parent._added
        return self._extra + given - self._extra_before

    def check(self) -> None:
        """Raise an error if the token was set.

        Raises
        ------
        Cancelled
            The token was set.
        """
        if self.requested:
            raise Cancelled("stopped: what is finished is kept, and the same call resumes it")


class _Untimed(Stop):
    """A token that is set or only cancelled with another, and whose time is not limited."""

    def __init__(self, parent: Stop, *, finishing: bool) -> None:
        super().__init__()
        self._parent, self._finishing = parent, finishing

    @property
    def requested(self) -> bool:
        """Whether the work is to end."""
        return self.cancelled if self._finishing else super().requested

    @property
    def left(self) -> None:
        """None: there is no limit."""
        return None


_never = Stop()
_check: ContextVar[Callable[[], None]] = ContextVar("check", default=_never.check)


@contextmanager
def stopping(check: Callable[[], None]) -> Iterator[None]:
    """Call ``check``, which may raise, in each step of the long computations inside the block.

    Examples
    --------
    >>> stop = Stop()
    >>> stop.set()
    >>> with stopping(stop.check):
    ...     check_stop()
    Traceback (most recent call last):
    tunesmith.errors.Cancelled: stopped: what is finished is kept, and the same call resumes it
    """
    before = _check.set(check)
    try:
        yield
    finally:
        _check.reset(before)


def check_stop() -> None:
    """Raise :class:`~tunesmith.errors.Cancelled` if the surrounding block is to stop."""
    _check.get()()
