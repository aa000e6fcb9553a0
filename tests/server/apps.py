"""An app in this process, with its workers left out, and keys of every role."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastapi.testclient import TestClient

from tunesmith.server.app import create_app
from tunesmith.server.settings import ServerSettings

if TYPE_CHECKING:
    from tunesmith.server.services import Services


@dataclass
class App:
    """A started app and its client.

    Parameters
    ----------
    client
        Sends requests without a key.
    services
        The stores behind the routes.
    secrets
        A valid secret of each role.
    """

    client: TestClient
    services: "Services"
    secrets: dict[str, str] = field(default_factory=dict)

    def key(self, role: str) -> dict[str, str]:
        """Return the headers of a key with a role."""
        if role not in self.secrets:
            self.secrets[role] = self.services.keys.create(role, role)[1]
        return {"Authorization": f"Bearer {self.secrets[role]}"}

    def send(self, method: str, path: str, role: str = "admin", **given: Any) -> Any:
        """Send a request with a key."""
        headers = {**self.key(role), **given.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **given)


@contextmanager
def started(**settings: Any) -> Iterator[App]:
    """Start an app without workers; keys are required unless the settings differ."""
    app = create_app(ServerSettings(**{"workers": 0, "require_keys": True, **settings}))
    with TestClient(app, follow_redirects=False) as client:
        yield App(client, app.state.services)
