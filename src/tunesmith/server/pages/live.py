"""Pieces of a page that replace themselves: server-sent events whose data is HTML with an id."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from threading import Event
from typing import Annotated, TypeAlias

from fastapi import Depends
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import ServerSentEvent

from tunesmith.errors import UsageError
from tunesmith.server.pages.visit import Reading, Visit

EVENTS = "text/event-stream"
END = "end"
"""The name of the event after which nothing more comes."""
_LOOK_SECONDS = 0.5
# The browser connects again, with its key: one that was revoked does not follow for ever.
_LONGEST_SECONDS = 600.0

Look: TypeAlias = Callable[[], tuple[Mapping[str, str], str, bool]]
"""Function that returns the pieces as they are now, the id of this state, and whether it is final.
"""


async def _watching(visit: Reading) -> Visit:
    """Refuse a client that does not ask for a stream: it would wait for an end."""
    if EVENTS not in visit.request.headers.get("accept", ""):
        raise UsageError("this is a stream of events", hint=f"ask for `{EVENTS}`")
    return visit


Watching = Annotated[Visit, Depends(_watching)]
"""A visit that follows a page."""


async def pushed(
    look: Look, stopping: Event, sent: Mapping[str, str] | None = None
) -> AsyncIterator[ServerSentEvent]:
    """Yield every piece that differs from the one sent before, until the state is final.

    The id of a state comes with its last piece: a connection that breaks before it does not lose
    a piece.

    Parameters
    ----------
    look
        Returns the pieces as they are now.
    stopping
        Set when the server begins to stop, so that it need not wait for open pages.
    sent
        The pieces that the page has already.
    """
    known = dict(sent or {})
    ends = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < ends and not stopping.is_set():
        pieces, ident, final = await run_in_threadpool(look)
        changed = [html for name, html in pieces.items() if known.get(name) != html]
        for number, html in enumerate(changed, start=1):
            last = number == len(changed) and ident
            yield ServerSentEvent(raw_data=html, id=ident if last else None)
        known = dict(pieces)
        if final:
            yield ServerSentEvent(raw_data="", event=END)
            return
        await asyncio.sleep(_LOOK_SECONDS)
