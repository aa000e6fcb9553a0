"""Home: upload a file, what is running now, and the latest verdicts."""

from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from tunesmith.server.pages.live import Watching, pushed
from tunesmith.server.pages.rendering import render
from tunesmith.server.pages.running import running_now
from tunesmith.server.pages.visit import Reading, Visit, recent, side_pieces

router = APIRouter(include_in_schema=False)
_VERDICTS = 8


@router.get("/", response_class=HTMLResponse)
def home(visit: Reading) -> HTMLResponse:
    """Return the page."""
    return visit.page("home.html.j2", pieces=_pieces(visit))


@router.get("/now/events", response_class=EventSourceResponse)
async def now(visit: Watching) -> AsyncIterator[ServerSentEvent]:
    """Send the lists of the page whenever they change."""
    async for event in pushed(lambda: (_pieces(visit), "", False), visit.served.stopping):
        yield event


def _pieces(visit: Visit) -> dict[str, str]:
    """Return the parts of the page that change by themselves, by the id of the element."""
    now, lines = running_now(visit.served), recent(visit.served, _VERDICTS)
    return {
        "running": render("pieces/running.html.j2", fits=now),
        "verdicts": render("pieces/verdicts.html.j2", lines=lines),
        **side_pieces(visit),
    }
