"""Who may do what: the API key of a request, and the role that a route needs."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from tunesmith.server.faults import KeyNeeded, NotAllowed
from tunesmith.server.keys import Role, StoredKey
from tunesmith.server.origin import require_same_origin
from tunesmith.server.services import Services

COOKIE = "tunesmith-key"
"""The cookie that holds the key of a person who has signed in."""
_SCHEME = "bearer "


async def services(request: Request) -> Services:
    """Return what all routes use."""
    found: Services = request.app.state.services
    return found


Served = Annotated[Services, Depends(services)]


@dataclass(frozen=True, eq=False)
class Needs(SecurityBase):
    """A dependency that refuses requests whose key does not have a role.

    It returns the key; None where the server needs none. It has no dependencies of its own: FastAPI
    takes a tenth of a millisecond to resolve one.
    """

    role: Role
    # For the OpenAPI description; what is in the header is read by `_secret`.
    model: HTTPBearer = field(default_factory=HTTPBearer)
    scheme_name: str = "API key"

    async def __call__(self, request: Request) -> StoredKey | None:
        """Return the key of a request."""
        return await admit(request, request.app.state.services, self.role)


async def admit(request: HTTPConnection, served: Services, role: Role) -> StoredKey | None:
    """Return the key of a request, which is counted once; None where the server needs none.

    Raises
    ------
    KeyNeeded
        There is no valid key.
    NotAllowed
        The key does not have the role, or a page of another site has sent the request.
    Busy
        The key has sent too many requests.
    """
    require_same_origin(request)
    if not served.settings.needs_keys:
        return None
    key = getattr(request.state, "key", None) or await _identify(request, served)
    if key.role < role:
        raise NotAllowed(
            f"key {key.id} has the role {key.role.name.lower()}, and this needs "
            f"{role.name.lower()}",
            hint="use another key",
        )
    return key


async def _identify(request: HTTPConnection, served: Services) -> StoredKey:
    secret = _secret(request)
    key = served.keys.recent(secret) or await run_in_threadpool(served.keys.find, secret)
    if key is None:
        raise KeyNeeded(
            "the API key is missing, wrong, expired or revoked",
            hint="send it as `Authorization: Bearer KEY`; create one with tunesmith keys",
        )
    request.state.key = key
    served.rates.add(key.id)
    return key


def _secret(request: HTTPConnection) -> str:
    given = request.headers.get("authorization", "")
    if given.lower().startswith(_SCHEME):
        return given[len(_SCHEME) :].strip()
    return request.cookies.get(COOKIE, "")


def role_of(route: Any) -> Role | None:
    """Return the role that a route needs; None for a public one, and for no route at all."""
    return _role(getattr(route, "dependant", None))


def _role(dependant: Any) -> Role | None:
    if dependant is None:
        return None
    if isinstance(dependant.call, Needs):
        return dependant.call.role
    roles = [role for each in dependant.dependencies if (role := _role(each)) is not None]
    return max(roles, default=None)


Reader = Annotated[StoredKey | None, Depends(Needs(Role.READ))]
Trainer = Annotated[StoredKey | None, Depends(Needs(Role.TRAIN))]
Admin = Annotated[StoredKey | None, Depends(Needs(Role.ADMIN))]


def key_id(key: StoredKey | None) -> str | None:
    """Return the id of a request's key; None without keys."""
    return None if key is None else key.id
