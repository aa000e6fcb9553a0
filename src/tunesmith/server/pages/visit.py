"""A request of a person: who it is, and what surrounds the content of every page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from tunesmith.server.access import Admin, Reader, Served, Trainer
from tunesmith.server.datasets import StoredDataset
from tunesmith.server.faults import NotFound
from tunesmith.server.fits import Status, StoredFit
from tunesmith.server.keys import Role, StoredKey
from tunesmith.server.pages.rendering import render
from tunesmith.server.pages.verdicts import ModelLine, model_line
from tunesmith.server.services import Services

OPEN = (Status.QUEUED, Status.TRAINING, Status.DEPLOYING)
_RECENT = 4


@dataclass(frozen=True)
class Visit:
    """A request of a person.

    Parameters
    ----------
    request
        The request.
    served
        The server.
    key
        The key of the person; None where the server needs none.
    """

    request: Request
    served: Services
    key: StoredKey | None

    @property
    def may_train(self) -> bool:
        """Whether the person may upload and fit."""
        return self.key is None or self.key.role >= Role.TRAIN

    @property
    def may_administer(self) -> bool:
        """Whether the person may see and change keys and storage."""
        return self.key is None or self.key.role >= Role.ADMIN

    @property
    def address(self) -> str:
        """The address of the server, without a slash at its end."""
        return str(self.request.base_url).rstrip("/")

    def dataset(self, ident: str | None) -> StoredDataset | None:
        """Return a data set; None if it was deleted, or is unknown."""
        try:
            return None if ident is None else self.served.datasets.get(ident)
        except NotFound:
            return None

    def page(self, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
        """Return a page with the navigation around its content."""
        return HTMLResponse(render(template, **self._surroundings(), **facts), status)

    def _surroundings(self) -> Mapping[str, object]:
        return {
            "path": self.request.url.path,
            "key": self.key,
            "may_train": self.may_train,
            "is_local": self.served.settings.is_local,
            "running": running(self.served),
            "recent": recent(self.served, _RECENT),
        }


def running(served: Services) -> list[StoredFit]:
    """Return the fits that have not ended, newest first."""
    return served.fits.all(OPEN)


def side_pieces(visit: Visit) -> dict[str, str]:
    """Return the part of the navigation that changes by itself, by the id of the element."""
    now = running(visit.served)
    return {"side-running": render("pieces/side_running.html.j2", running=now)}


def recent(served: Services, limit: int) -> list[ModelLine]:
    """Return the newest models of the server with their verdicts."""
    return [model_line(model) for model in served.models.newest(limit)]


async def _reader(request: Request, served: Served, key: Reader) -> Visit:
    return Visit(request, served, key)


async def _trainer(request: Request, served: Served, key: Trainer) -> Visit:
    return Visit(request, served, key)


async def _administrator(request: Request, served: Served, key: Admin) -> Visit:
    return Visit(request, served, key)


Reading = Annotated[Visit, Depends(_reader)]
"""A visit that needs the role to read."""
Training = Annotated[Visit, Depends(_trainer)]
"""A visit that needs the role to upload and fit."""
Administering = Annotated[Visit, Depends(_administrator)]
"""A visit that needs the role of an administrator."""
