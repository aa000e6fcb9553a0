"""An error that no route expects: answered as such, and logged without its words."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tunesmith.errors import Overloaded

_log = structlog.get_logger()


class Unexpected:
    """Middleware that answers errors which no other handler knows.

    It logs the kind of an error and the lines of code that it came through. Its message is left
    out, because it may quote a text; so nothing may pass on to a server that logs tracebacks.

    Parameters
    ----------
    app
        The app.
    answer
        Returns the answer for an error.
    """

    def __init__(
        self, app: ASGIApp, answer: Callable[[Request, Exception], Awaitable[Response]]
    ) -> None:
        self._app, self._answer = app, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, also if that fails; an answer that has begun breaks off."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except asyncio.CancelledError:  # it ran for longer than the server waits when it stops
            _log.warning("request cut off by the stop of the server", path=scope["path"])
            if not started:
                stopping = Overloaded("the server is stopping", hint="send the request again later")
                await (await self._answer(Request(scope), stopping))(scope, receive, send)
        except Exception as error:
            request = Request(scope)
            report_unexpected(error, getattr(request.state, "request_id", ""))
            if not started:
                await (await self._answer(request, error))(scope, receive, send)


def report_unexpected(error: Exception, request_id: str = "") -> None:
    """Log the kind of an error and the lines of code that it came through, without its message."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno}" for frame in frames]
    kinds = [type(each).__name__ for each in _chain(error)]
    _log.error("unexpected error", kind=kinds, lines=lines[-8:], request_id=request_id)


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error and what caused it."""
    found = [error]
    while (cause := found[-1].__cause__) is not None and cause not in found:
        found.append(cause)
    return found
