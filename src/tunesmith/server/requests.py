"""Give each request an id, log it without its content, and protect browsers from its answer."""

import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_GIVEN = re.compile(r"[\w-]{8,64}")
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
}
_log = structlog.get_logger()


class RequestIds:
    """Middleware that numbers, logs and protects; it reads neither bodies nor queries."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with its id in ``X-Request-Id``."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        ident, started, status = _ident(scope), time.perf_counter(), 500
        scope.setdefault("state", {})["request_id"] = ident

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = ident
                for name, value in _SAFE.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            seconds = round(time.perf_counter() - started, 4)
            _log.info(
                "request",
                method=scope["method"],
                route=route,
                status=status,
                seconds=seconds,
                request_id=ident,
            )


def _ident(scope: Scope) -> str:
    """Return the id that the client gave, if it is one; otherwise a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
