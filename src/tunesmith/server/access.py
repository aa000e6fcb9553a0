"""Who may do what: the API key of a request, and the role that a route needs."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from tunesmith.server.faults import KeyNeeded, NotAllowed
from tunesmith.server.keys import Role, StoredKey
from tunesmith.server.services import Services

_SCHEME = "bearer "


def services(request: Request) -> Services:
    """Return what all routes use."""
    found: Services = request.app.state.services
    return found


Served = Annotated[Services, Depends(services)]


def needs(role: Role) -> Callable[[Request, Services], StoredKey | None]:
    """Return a dependency that refuses requests whose key does not have a role.

    It returns the key; None where the server needs none.
    """

    def check(request: Request, served: Served) -> StoredKey | None:
        if not served.settings.needs_keys:
            return None
        key = served.keys.find(_secret(request))
        if key is None:
            raise KeyNeeded(
                "the API key is missing, wrong, expired or revoked",
                hint="send it as `Authorization: Bearer KEY`; create one with tunesmith keys",
            )
        request.state.key = key
        if key.role < role:
            raise NotAllowed(
                f"key {key.id} has the role {key.role.name.lower()}, and this needs "
                f"{role.name.lower()}",
                hint="use another key",
            )
        return key

    return check


def _secret(request: Request) -> str:
    given = request.headers.get("authorization", "")
    return given[len(_SCHEME) :].strip() if given.lower().startswith(_SCHEME) else ""


Reader = Annotated[StoredKey | None, Depends(needs(Role.READ))]
Trainer = Annotated[StoredKey | None, Depends(needs(Role.TRAIN))]
Admin = Annotated[StoredKey | None, Depends(needs(Role.ADMIN))]


def key_id(key: StoredKey | None) -> str | None:
    """Return the id of a request's key; None without keys."""
    return None if key is None else key.id
