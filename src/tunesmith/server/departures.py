"""Clients that leave before they are answered: their texts are not computed.

Only the wait for vectors is given up. What a request changes is always changed completely.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from tunesmith.server.faults import ClientLeft

# Most requests are answered sooner, and need not be watched.
_WATCHED_AFTER_SECONDS = 0.2
_receive: ContextVar[Receive | None] = ContextVar("receive", default=None)


class Departures:
    """Middleware that lets a long wait notice whether the client of its request leaves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        token = _receive.set(receive)
        try:
            await self._app(scope, receive, send)
        finally:
            _receive.reset(token)


@contextmanager
def given_up_on_departure(answer: "asyncio.Future[Any]") -> Iterator[None]:
    """Cancel a future when the client of the current request, which has been read, leaves.

    Raises
    ------
    ClientLeft
        The client has left.
    """
    receive = _receive.get()
    if receive is None:
        yield
        return
    watch = _Watch(receive, answer)
    timer = asyncio.get_running_loop().call_later(_WATCHED_AFTER_SECONDS, watch.begin)
    try:
        yield
    except asyncio.CancelledError:
        if watch.left:
            raise ClientLeft("the client has left") from None
        raise
    finally:
        timer.cancel()
        watch.end()


class _Watch:
    """Waits for the message that a client has left."""

    def __init__(self, receive: Receive, answer: "asyncio.Future[Any]") -> None:
        self.left = False
        self._receive, self._answer = receive, answer
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._task = asyncio.create_task(self._run())

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.left = True
        self._answer.cancel()
