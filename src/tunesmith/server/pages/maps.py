"""The texts of a model's data set on two linked maps, before and after tuning."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from tunesmith.errors import TunesmithError
from tunesmith.results.text_map import LABELLED, TextMap, map_texts
from tunesmith.server.datasets import DatasetStore
from tunesmith.server.faults import NotFound, NotReady
from tunesmith.server.judging import DataFile
from tunesmith.server.maps import MapRequest, MapStatus, packed
from tunesmith.server.pages.model import model_page
from tunesmith.server.pages.rendering import render
from tunesmith.server.pages.visit import Reading, Visit
from tunesmith.server.stored_model import StoredModel
from tunesmith.wording import cut

router = APIRouter(include_in_schema=False)
COLOURS = 10
_NAMED = 30
_SHOWN = 50
_TEXT = 400


@dataclass(frozen=True)
class Name:
    """A label: its number of texts, and the middle of them before and after."""

    text: str
    texts: int
    before: tuple[float, float]
    after: tuple[float, float]


@dataclass(frozen=True)
class MapView:
    """What a page says of a map.

    Parameters
    ----------
    titles
        Names of the two models.
    texts
        Number of texts.
    names
        The most frequent labels, or the roles.
    labelled
        Whether the names are labels.
    moved
        Mean share of exchanged neighbours.
    """

    titles: tuple[str, str]
    texts: int
    names: tuple[Name, ...]
    labelled: bool
    moved: float


@router.get("/models/{model}/map", response_class=HTMLResponse)
async def show_map(visit: Reading, model: str) -> HTMLResponse:
    """Return the page; a map that is missing begins to be drawn."""
    stored, asked = await run_in_threadpool(_asked, visit, model)
    status = visit.served.maps.status(asked)
    error: TunesmithError | None = None
    if status is MapStatus.FAILED:
        error = visit.served.maps.failure(asked)
    return await run_in_threadpool(_page, visit, stored, asked, status, error)


@router.get("/models/{model}/map/points")
def points(visit: Reading, model: str) -> Response:
    """Return the places for the painter; see :func:`~tunesmith.server.maps.packed`."""
    made = _ready(visit, _asked(visit, model)[1])
    return Response(packed(made), media_type="application/octet-stream")


Rows = Annotated[str, Query(pattern=r"^\d{1,9}(,\d{1,9}){0,99}$")]


@router.get("/models/{model}/map/texts", response_class=HTMLResponse)
def texts(visit: Reading, model: str, rows: Rows) -> HTMLResponse:
    """Return some texts of the map as a list."""
    stored, asked = _asked(visit, model)
    made = _ready(visit, asked)
    chosen = [index for index in map(int, rows.split(",")) if index < len(made)][:_SHOWN]
    held = _texts(visit.served.datasets, str(stored.dataset_id))
    lines = [(cut(held[index], _TEXT), made, index) for index in chosen]
    return HTMLResponse(render("pieces/map_texts.html.j2", lines=lines))


def _page(
    visit: Visit,
    model: StoredModel,
    asked: MapRequest,
    status: MapStatus,
    error: TunesmithError | None,
) -> HTMLResponse:
    view = None
    if status is MapStatus.READY:
        view = map_view(visit.served.maps.read(asked), labelled=_labelled(visit, model))
    return model_page(visit, model, "map", map=view, error=error, colours=COLOURS, shown=_SHOWN)


def map_view(made: TextMap, *, labelled: bool) -> MapView:
    """Return what a page says of a map."""
    counts = np.bincount(made.labels, minlength=len(made.names))
    names = tuple(
        Name(
            made.names[number],
            int(counts[number]),
            _middle(made.before[made.labels == number]),
            _middle(made.after[made.labels == number]),
        )
        for number in range(min(_NAMED, len(made.names)))
    )
    return MapView(made.titles, len(made), names, labelled, float(made.moved.mean()))


def _middle(places: np.ndarray) -> tuple[float, float]:
    x, y = np.median(places, axis=0)
    return round(float(x), 4), round(float(y), 4)


def _asked(visit: Visit, model: str) -> tuple[StoredModel, MapRequest]:
    """Return a model and its map.

    Raises
    ------
    NotFound
        The model was not fitted on a data set of this server, or it was deleted.
    """
    stored = visit.served.models.get(model)
    dataset = visit.dataset(stored.dataset_id)
    if dataset is None:
        raise NotFound(f"the data set of model {model!r} is not here", hint="it may be deleted")
    data = DataFile(visit.served.datasets.path(dataset.id), dataset.options)
    return stored, MapRequest(stored, visit.served.models.folder_of(stored), data, dataset.digest)


def _ready(visit: Visit, asked: MapRequest) -> TextMap:
    try:
        return visit.served.maps.read(asked)
    except FileNotFoundError:
        raise NotReady("the map is not drawn yet", hint="open its page first") from None


def _labelled(visit: Visit, model: StoredModel) -> bool:
    dataset = visit.dataset(model.dataset_id)
    return dataset is not None and dataset.kind in LABELLED


@lru_cache(maxsize=2)
def _texts(store: DatasetStore, ident: str) -> list[str]:
    return map_texts(store.opened(ident).examples)[0]
