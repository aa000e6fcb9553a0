"""Give each request an id, report it without its content, and protect browsers from its answer."""

import re
import time
from collections.abc import Callable
from random import getrandbits

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tunesmith.server.access import role_of
from tunesmith.server.answered import Answered
from tunesmith.server.ids import is_id, noted_ids
from tunesmith.server.keys import PREFIX

_GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_log = structlog.get_logger()


class RequestIds:
    """Middleware that numbers, reports and protects; it reads neither bodies nor queries.

    Parameters
    ----------
    app
        The app.
    watch
        Receives each request when its answer begins.
    """

    def __init__(self, app: ASGIApp, watch: Callable[[Answered], None] | None = None) -> None:
        self._app, self._watch = app, watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with its id in ``X-Request-Id``."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        ident, started = _ident(scope), time.perf_counter()
        scope.setdefault("state", {})["request_id"] = ident
        noted: list[str] = []
        noted_ids.set(noted)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = ident
                for name, value in _SAFE.items():
                    headers.setdefault(name, value)
                self._report(scope, message["status"], time.perf_counter() - started, noted)
            await send(message)

        await self._app(scope, receive, answer)

    def _report(self, scope: Scope, status: int, seconds: float, noted: list[str]) -> None:
        route, state = scope.get("route"), scope["state"]
        answered = Answered(
            method=scope["method"] if scope["method"] in _METHODS else "other",
            route=getattr(route, "path", "unknown"),
            role=role_of(route),
            key_id=getattr(state.get("key"), "id", None),
            target=_target(scope, noted),
            status=status,
            seconds=round(seconds, 4),
            request_id=state["request_id"],
            traceparent=Headers(scope=scope).get("traceparent", ""),
        )
        _write(answered)
        if self._watch is not None:
            self._watch(answered)


def _write(answered: Answered) -> None:
    _log.info(
        "request",
        method=answered.method,
        route=answered.route,
        status=answered.status,
        seconds=answered.seconds,
        key=answered.key_id,
        request_id=answered.request_id,
    )


def _target(scope: Scope, noted: list[str]) -> str | None:
    """Return the id in the path or the first one made or used; nothing else that a client wrote."""
    named = [str(value) for value in scope.get("path_params", {}).values()]
    found = next((each for each in [*named, *noted] if is_id(each)), None)
    return None if found is None or PREFIX in found else found


def _ident(scope: Scope) -> str:
    """Return the id that the client gave, if it is one; otherwise a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _GIVEN.fullmatch(given) else f"{getrandbits(64):016x}"
