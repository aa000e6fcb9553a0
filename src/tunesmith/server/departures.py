"""Clients that leave before they are answered: their texts are not computed.

Only the wait for vectors is given up. What a request changes is always changed completely.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tunesmith.server.faults import ClientLeft


@dataclass(eq=False)
class Departure:
    """Whether the client of a request has left, and what is given up then."""

    left: bool = False
    waiting: "asyncio.Future[Any] | None" = None
    read: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, message: Message) -> None:
        """Take note of a message of the client."""
        if message["type"] == "http.disconnect":
            self.left = True
            if self.waiting is not None:
                self.waiting.cancel()
        elif not message.get("more_body", False):
            self.read.set()


_current: ContextVar[Departure | None] = ContextVar("departure", default=None)


@contextmanager
def given_up_on_departure(answer: "asyncio.Future[Any]") -> Iterator[None]:
    """Cancel a future when the client of the current request leaves.

    Raises
    ------
    ClientLeft
        The client has left.
    """
    departure = _current.get()
    if departure is None:
        yield
        return
    departure.waiting = answer
    try:
        if departure.left:
            answer.cancel()
        yield
    except asyncio.CancelledError:
        if departure.left:
            raise ClientLeft("the client has left") from None
        raise
    finally:
        departure.waiting = None


class Departures:
    """Middleware that watches, once a request is read, whether its client leaves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        departure = Departure()
        token = _current.set(departure)
        watcher = asyncio.create_task(_watch(departure, receive))

        async def noted() -> Message:
            message = await receive()
            departure.note(message)
            return message

        try:
            await self._app(scope, noted, send)
        finally:
            watcher.cancel()
            _current.reset(token)


async def _watch(departure: Departure, receive: Receive) -> None:
    await departure.read.wait()
    departure.note(await receive())
