"""Report the progress of a long computation, and end it if it is to stop."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tunesmith.bars import Bars
from tunesmith.stop import check_stop
from tunesmith.watching import Progress, Watcher, current_watcher, watching

Advance = Callable[[int], None]
_INTERVAL = 0.1  # seconds between two reports


@contextmanager
def progress_bar(title: str, total: int | None, *, shown: bool | None = None) -> Iterator[Advance]:
    """Report the progress of a block; call the result with the number of items just done.

    Each call also ends the block if the surrounding work is to stop
    (:func:`~tunesmith.stop.stopping`).

    Parameters
    ----------
    title
        What is done.
    total
        Number of items; None if it is not known.
    shown
        None reports to the watcher of the surrounding block, if there is one
        (:func:`~tunesmith.watching.watching`); True draws a bar if there is none; False reports
        nothing.

    Examples
    --------
    >>> def watcher(event):
    ...     print(event.title, event.done, event.total)
    >>> with watching(watcher), progress_bar("Encoding", total=2) as advance:
    ...     advance(2)
    Encoding 0 2
    Encoding 2 2
    """
    watcher = None if shown is False else current_watcher()
    if watcher is None and not shown:
        yield lambda _: check_stop()
        return
    watcher = watcher or Bars()
    with watching(watcher):  # computations inside this one share the display
        reports = _Reports(title, total, watcher)
        try:
            yield reports.advance
        finally:
            reports.end()


class _Reports:
    """Counts items, and reports at most ten times a second."""

    def __init__(self, title: str, total: int | None, watcher: Watcher) -> None:
        self._title, self._total, self._watcher = title, total, watcher
        self._done = 0
        self._start = self._reported = time.monotonic()
        watcher(Progress(title, 0, total))

    def advance(self, count: int) -> None:
        check_stop()
        self._done += count
        if time.monotonic() >= self._reported + _INTERVAL:
            self._report(ended=False)

    def end(self) -> None:
        self._report(ended=True)

    def _report(self, *, ended: bool) -> None:
        self._reported = time.monotonic()
        rate = self._done / max(self._reported - self._start, 1e-9) if self._done else None
        left = max(0, self._total - self._done) / rate if self._total is not None and rate else None
        self._watcher(Progress(self._title, self._done, self._total, rate, left, ended))
