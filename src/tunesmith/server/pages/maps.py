"""The texts of a model's data set on two linked maps, before and after tuning."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from tunesmith.errors import TunesmithError
from tunesmith.results.text_map import FINER, LABELLED, LANDMARKS, TextMap, map_texts
from tunesmith.server.datasets import DatasetStore
from tunesmith.server.faults import NotFound, NotReady
from tunesmith.server.judging import DataFile
from tunesmith.server.maps import MapRequest, MapStatus, packed
from tunesmith.server.pages.model import model_page
from tunesmith.server.pages.rendering import render
from tunesmith.server.pages.visit import Reading, Visit
from tunesmith.server.stored_model import StoredModel
from tunesmith.wording import cut, plural

router = APIRouter(include_in_schema=False)
COLOURS = 10
_NAMED = 30
_SHOWN = 50
_TEXT = 400


@dataclass(frozen=True)
class Name:
    """A label and its number of texts."""

    text: str
    texts: int


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
    others
        The other labels together; None if all are named.
    labelled
        Whether the names are labels.
    errors
        Share of texts whose predicted label is another; None without predictions.
    moved
        Mean share of exchanged neighbours.
    draft
        Whether the layout by neighbours is still being made.
    """

    titles: tuple[str, str]
    texts: int
    names: tuple[Name, ...]
    others: Name | None
    labelled: bool
    errors: float | None
    moved: float
    draft: bool


Finer = Annotated[bool, Query(description="Whether UMAP lays out more of the texts.")]
Final = Annotated[bool, Query(description="Whether a draft will not do.")]
Rows = Annotated[str, Query(pattern=r"^\d{1,9}(,\d{1,9}){0,99}$")]


@router.get("/models/{model}/map", response_class=HTMLResponse)
async def show_map(visit: Reading, model: str, finer: Finer = False) -> HTMLResponse:
    """Return the page; a map that is missing begins to be drawn."""
    try:
        stored, asked = await run_in_threadpool(_asked, visit, model, finer)
    except NotFound as gone:
        stored = await run_in_threadpool(visit.served.models.show, model)
        return await run_in_threadpool(_page, visit, stored, None, MapStatus.FAILED, gone)
    status = visit.served.maps.status(asked)
    error: TunesmithError | None = None
    if status is MapStatus.FAILED:
        error = visit.served.maps.failure(asked)
    return await run_in_threadpool(_page, visit, stored, asked, status, error)


@router.get("/models/{model}/map/points")
async def points(
    visit: Reading, model: str, finer: Finer = False, final: Final = False
) -> Response:
    """Return the places for the painter; see :func:`~tunesmith.server.maps.packed`.

    While only a draft is there, a request for the final map is answered 204.
    """
    asked = (await run_in_threadpool(_asked, visit, model, finer))[1]
    if final and (status := visit.served.maps.status(asked)) is not MapStatus.READY:
        if status is MapStatus.FAILED:
            raise visit.served.maps.failure(asked)
        return Response(status_code=204)
    made = await run_in_threadpool(_drawn, visit, asked)
    return Response(packed(made), media_type="application/octet-stream")


@router.get("/models/{model}/map/texts", response_class=HTMLResponse)
def texts(visit: Reading, model: str, rows: Rows, finer: Finer = False) -> HTMLResponse:
    """Return some texts of the map as a list."""
    stored, asked = _asked(visit, model, finer)
    made = _drawn(visit, asked)
    chosen = [index for index in map(int, rows.split(",")) if index < len(made)][:_SHOWN]
    held = _texts(visit.served.datasets, str(stored.dataset_id))
    lines = [(cut(held[index], _TEXT), made, index) for index in chosen]
    return HTMLResponse(render("pieces/map_texts.html.j2", lines=lines))


def _page(
    visit: Visit,
    model: StoredModel,
    asked: MapRequest | None,
    status: MapStatus,
    error: TunesmithError | None,
) -> HTMLResponse:
    view = None
    if asked is not None and status in {MapStatus.READY, MapStatus.DRAFT}:
        made = visit.served.maps.read_draft(asked)
        view = map_view(made, labelled=_labelled(visit, model), draft=status is MapStatus.DRAFT)
    return model_page(
        visit,
        model,
        "map",
        map=view,
        error=error,
        colours=COLOURS,
        shown=_SHOWN,
        finer=asked is not None and asked.landmarks == FINER,
        gone=asked is None,
        status=404 if asked is None else 200,
        landmarks=(LANDMARKS, FINER),
    )


def map_view(made: TextMap, *, labelled: bool, draft: bool = False) -> MapView:
    """Return what a page says of a map."""
    counts = np.bincount(made.labels, minlength=len(made.names)).tolist()
    names = tuple(map(Name, made.names, counts))
    rest = names[_NAMED:]
    return MapView(
        titles=made.titles,
        texts=len(made),
        names=names[:_NAMED],
        others=Name(plural(len(rest), "other label"), sum(counts[_NAMED:])) if rest else None,
        labelled=labelled,
        errors=None if made.predicted is None else float((made.predicted != made.labels).mean()),
        moved=float(made.moved.mean()),
        draft=draft,
    )


def _asked(visit: Visit, model: str, finer: bool) -> tuple[StoredModel, MapRequest]:
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
    folder = visit.served.models.folder_of(stored)
    return stored, MapRequest(stored, folder, data, dataset.digest, FINER if finer else LANDMARKS)


def _drawn(visit: Visit, asked: MapRequest) -> TextMap:
    try:
        return visit.served.maps.read_draft(asked)
    except FileNotFoundError:
        raise NotReady("the map is not drawn yet", hint="open its page first") from None


def _labelled(visit: Visit, model: StoredModel) -> bool:
    dataset = visit.dataset(model.dataset_id)
    return dataset is not None and dataset.kind in LABELLED


@lru_cache(maxsize=2)
def _texts(store: DatasetStore, ident: str) -> list[str]:
    return map_texts(store.opened(ident).examples)[0]
