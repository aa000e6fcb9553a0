"""Results that take a while: made once each in a process of their own, while pages ask for them."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tunesmith.errors import TunesmithError
from tunesmith.server.judging import Judge, unlogged

_KEPT = 100


@dataclass(frozen=True)
class Work:
    """A result that is being made, and since when: monotonic seconds."""

    task: "asyncio.Task[dict[str, Any]]"
    since: float


@dataclass(eq=False)
class Background:
    """Results of functions, each made once; the newest of them are kept in memory.

    Parameters
    ----------
    judge
        Runs the functions, one at a time.
    """

    judge: Judge
    _works: dict[str, Work] = field(default_factory=dict, init=False)

    def begin(self, key: str, work: Callable[..., Any], *given: Any) -> None:
        """Begin to make a result, unless it is there or being made; needs a running event loop."""
        if key in self._works:
            return
        for old in [name for name, each in self._works.items() if each.task.done()][:-_KEPT]:
            del self._works[old]
        task = unlogged(asyncio.create_task(self.judge.run(work, *given)))
        self._works[key] = Work(task, time.monotonic())

    def forget(self, key: str) -> None:
        """Forget a result, so that the next :meth:`begin` makes it again."""
        self._works.pop(key, None)

    async def cancel(self, key: str) -> None:
        """End the making of a result and forget it; without a result, nothing happens."""
        work = self._works.pop(key, None)
        if work is not None:
            work.task.cancel()
            await asyncio.wait([work.task])

    def seconds(self, key: str) -> float:
        """Return how long ago a result was begun; 0 if it was not."""
        work = self._works.get(key)
        return 0.0 if work is None else time.monotonic() - work.since

    def result(self, key: str) -> dict[str, Any] | None:
        """Return a result; None while it is being made, or if it was not begun.

        Raises
        ------
        TunesmithError
            It could not be made; the next :meth:`begin` tries again.
        """
        work = self._works.get(key)
        if work is None or not work.task.done():
            return None
        error = work.task.exception()
        if error is None:
            return work.task.result()
        del self._works[key]
        if isinstance(error, TunesmithError):
            raise error
        raise TunesmithError("the result cannot be made", hint="see the server's log") from error
