"""How a request's body is received: only with a key, and within limits of bytes and time."""

import asyncio
from contextlib import suppress
from typing import Any

from fastapi import params
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tunesmith.errors import TunesmithError
from tunesmith.server.access import admit, role_of
from tunesmith.server.faults import CompressedBody, ServerFault, TooLarge, TooSlow
from tunesmith.server.settings import MEBIBYTE, ServerSettings
from tunesmith.wording import count

# The rest of a refused body is read if it is small, so that the connection can be used again.
_DRAINED_BYTES = MEBIBYTE
_DRAINED_SECONDS = 1.0
# What anybody may send without a key: the form that signs in.
_PUBLIC_BYTES = 16 * 1024
# A file comes with its form fields.
_FORM_BYTES = MEBIBYTE


class Reception:
    """Middleware that refuses a body before it is read, or while it is.

    A route reads its body first and looks at the key afterwards. So the key is checked here, when
    the first part of the body is asked for: nothing is received from a client without a key.

    Parameters
    ----------
    app
        The app.
    settings
        The limits.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose body is received within the limits."""
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        body = _Body(scope, receive, send, self._settings)
        await self._app(scope, body.receive, body.send)


class _Body:
    """The body of one request."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, settings: ServerSettings
    ) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._settings = settings
        self._deadline = 0.0
        self._limit, self._option = 0, ""
        self._bytes = 0
        self._begun = self._complete = self._late = False

    async def receive(self) -> Message:
        """Return the next part of the body."""
        if self._complete:
            return await self._receive()
        if not self._begun:
            await self._begin()
        try:
            async with asyncio.timeout_at(self._deadline):
                return self._counted(await self._receive())
        except TimeoutError as error:
            self._late = True
            raise _refusal(self._too_slow()) from error

    async def send(self, message: Message) -> None:
        """Send a part of the answer; end the connection if the body was not received."""
        if message["type"] == "http.response.start" and not self._complete:
            await self._drain()
            if not self._complete:
                MutableHeaders(scope=message)["Connection"] = "close"
        await self._send(message)

    async def _begin(self) -> None:
        """Check the key and the announced size, and start the clock."""
        self._begun = True
        route, request = self._scope.get("route"), HTTPConnection(self._scope)
        self._limit, self._option = _limit(route, self._settings)
        self._deadline = asyncio.get_running_loop().time() + self._settings.upload_seconds
        role = role_of(route)
        try:
            if role is not None:
                await admit(request, request.app.state.services, role)
        except TunesmithError as error:
            raise _refusal(error) from error
        if _is_compressed(self._scope):
            raise _refusal(_compressed_body())
        if _announced(self._scope) > self._limit:
            raise _refusal(self._too_large())

    def _counted(self, message: Message) -> Message:
        self._bytes += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._bytes > self._limit:
            raise _refusal(self._too_large())
        return message

    async def _drain(self) -> None:
        if self._late or _announced(self._scope) > _DRAINED_BYTES:
            return
        end = self._bytes + _DRAINED_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAINED_SECONDS):
                while not self._complete and self._bytes < end:
                    message = await self._receive()
                    self._bytes += len(message.get("body", b""))
                    self._complete = not message.get("more_body", False)

    def _too_large(self) -> ServerFault:
        raised = f", or raise the server's limit (`{self._option}`)" if self._option else ""
        return TooLarge(
            f"the request has more than {count(self._limit)} bytes",
            hint=f"send less at once{raised}",
        )

    def _too_slow(self) -> ServerFault:
        return TooSlow(
            f"the request was not received within {self._settings.upload_seconds:g} seconds",
            hint="send less at once, or raise the server's limit (`upload_seconds`)",
        )


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _is_compressed(scope: Scope) -> bool:
    return Headers(scope=scope).get("content-encoding", "identity").lower() not in {"", "identity"}


def _compressed_body() -> ServerFault:
    """Return the refusal of a compressed body: its limits hold for what is received."""
    return CompressedBody(
        "the body of the request is compressed (`Content-Encoding`)",
        hint="send it as it is; a file of a data set may be compressed itself, such as a .csv.gz",
    )


def _announced(scope: Scope) -> int:
    given = Headers(scope=scope).get("content-length", "")
    return int(given) if given.isdecimal() and len(given) < 20 else 0


def _limit(route: Any, settings: ServerSettings) -> tuple[int, str]:
    """Return the maximum number of bytes, and its option: routes that take files take more."""
    info = getattr(getattr(route, "body_field", None), "field_info", None)
    if isinstance(info, params.File):
        return settings.upload_bytes + _FORM_BYTES, "upload_bytes"
    if role_of(route) is None:
        return _PUBLIC_BYTES, ""
    return settings.body_bytes, "body_bytes"


def _refusal(error: TunesmithError) -> HTTPException:
    """Return an exception that passes through the reading of a body."""
    return HTTPException(getattr(error, "status", 500), detail=error)  # type: ignore[arg-type]
