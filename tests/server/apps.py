"""Apps in this process: on a port, or called without one, with keys of every role."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx2
import uvicorn
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from tests.server.exports import share_exports
from tunesmith.home import Home
from tunesmith.server.access import role_of
from tunesmith.server.app import create_app
from tunesmith.server.connections import PatientProtocol
from tunesmith.server.settings import ServerSettings

if TYPE_CHECKING:
    from tunesmith.server.keys import Role
    from tunesmith.server.services import Services


@dataclass(frozen=True)
class Route:
    """A route of an app: its method, the template of its path, and the role that it needs."""

    method: str
    path: str
    role: "Role | None"

    def at(self, value: str) -> str:
        """Return the path with a value in the place of each parameter."""
        return re.sub(r"\{[^}]*\}", lambda _match: value, self.path)


@dataclass
class App:
    """A started app and its client.

    Parameters
    ----------
    app
        The app itself.
    client
        Sends requests without a key.
    services
        The stores behind the routes.
    secrets
        A valid secret of each role.
    """

    app: FastAPI
    client: TestClient
    services: "Services"
    secrets: dict[str, str] = field(default_factory=dict)

    def key(self, role: str) -> dict[str, str]:
        """Return the headers of a key with a role."""
        if role not in self.secrets:
            self.secrets[role] = self.services.keys.create(role, role)[1]
        return {"Authorization": f"Bearer {self.secrets[role]}"}

    def routes(self) -> list[Route]:
        """Return all routes, also those of routers that are included later."""
        return [
            Route(method, str(each.path), role_of(each.original_route))
            for each in iter_route_contexts(self.app.routes)
            for method in sorted(each.methods or ())
        ]

    def send(self, method: str, path: str, role: str = "admin", **given: Any) -> Any:
        """Send a request with a key."""
        headers = {**self.key(role), **given.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **given)


class _Direct(httpx2.BaseTransport):
    """Sends a request to the app in one step; the client's own transport waits for eight."""

    def __init__(self, client: TestClient, app: FastAPI) -> None:
        self._client, self._app = client, httpx2.ASGITransport(app, client=("testclient", 50000))

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the answer of the app, whole."""
        request.read()
        assert self._client.portal is not None
        return self._client.portal.call(self._answer, request)

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._app.handle_async_request(request)
        content = b"".join([part async for part in answer.aiter_raw()])
        stream = httpx2.ByteStream(content)  # still compressed, as it was sent
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=stream)


@contextmanager
def running_server(folder: Path, **settings: Any) -> Iterator[str]:
    """Run a server in a thread of this process, with a home of its own; yield its address."""
    home = Home(folder)
    app = _app({"home": home, "workers": 0, "dialect_budget": 5.0, **settings})
    config = uvicorn.Config(app, http=PatientProtocol, port=0, log_config=None, access_log=False)
    server = uvicorn.Server(config)

    def run() -> None:
        with home.active():
            server.run()

    thread = Thread(target=run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server has ended"
        thread.join(0.01)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def started(**settings: Any) -> Iterator[App]:
    """Start an app without workers; keys are required unless the settings differ."""
    app = _app({"workers": 0, "require_keys": True, **settings})
    with TestClient(app, follow_redirects=False) as client:
        client._transport = _Direct(client, app)
        yield App(app, client, app.state.services)


def _app(given: dict[str, Any]) -> FastAPI:
    settings = ServerSettings(**given)
    share_exports(settings.home.folder)
    return create_app(settings)
