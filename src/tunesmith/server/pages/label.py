"""Label the texts of a data set: on a map, by search, one by one; undo, log, fit again."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Form, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import TunesmithError, UsageError
from tunesmith.kinds import Kind
from tunesmith.labelling.like_these import like_these
from tunesmith.server.access import key_id
from tunesmith.server.datasets import StoredDataset
from tunesmith.server.faults import NotReady
from tunesmith.server.judging import DataFile
from tunesmith.server.labelling.considered import Considered, guessed
from tunesmith.server.labelling.fitting_again import fit_again, held_out_places
from tunesmith.server.labelling.label_acts import ActKind, NewAct
from tunesmith.server.labelling.labelled_texts import LABELLED_KINDS, LabelledTexts, labelled_texts
from tunesmith.server.maps import MapRequest
from tunesmith.server.once import Sent
from tunesmith.server.pages.label_view import LabelView, act_lines, label_view, text_lines
from tunesmith.server.pages.rendering import render
from tunesmith.server.pages.visit import Reading, Training, Visit
from tunesmith.server.problems import problem_of
from tunesmith.server.stored_model import StoredModel
from tunesmith.vectors.layers import of_length_1

router = APIRouter(include_in_schema=False)
_FOUND = 1_000
_SHOWN = 50
_MOST_ROWS = 2_000_000
_ACTS = 100

ModelQuery = Annotated[str, Query(max_length=80)]
Places = Annotated[list[int], Field(min_length=1, max_length=_MOST_ROWS)]
Number = Annotated[int, Field(ge=1, lt=2**31)]


@dataclass(frozen=True)
class Desk:
    """A data set that is being labelled, with the model whose vectors are used."""

    visit: Visit
    dataset: StoredDataset
    model: StoredModel
    request: MapRequest
    texts: LabelledTexts

    @property
    def considered(self) -> Considered | None:
        """The newest guesses and suggestions; it begins to compute what is missing."""
        labelling = self.visit.served.labelling
        if not labelling.is_prepared(self.request):
            return None
        return labelling.consider(self.request, self.texts)


@router.get("/label", response_class=HTMLResponse)
def choose(visit: Reading) -> HTMLResponse:
    """Return the list of data sets that can be labelled."""
    kinds = {*map(str, LABELLED_KINDS), str(Kind.MULTILABEL)}  # several labels: on the page of rows
    usable = [each for each in visit.served.datasets.all() if each.kind in kinds]
    return visit.page("label_choose.html.j2", datasets=usable)


@router.get("/datasets/{dataset}/label", response_class=HTMLResponse)
async def show(
    visit: Reading, dataset: str, model: ModelQuery = "", skip: Annotated[int, Query(ge=0)] = 0
) -> HTMLResponse:
    """Return the page; what is missing begins to be computed."""
    return await _page(visit, dataset, model, skip)


async def _page(
    visit: Visit, dataset: str, model: str, skip: int = 0, error: TunesmithError | None = None
) -> HTMLResponse:
    desk = await run_in_threadpool(_desk, visit, dataset, model)
    considered = desk.considered
    return await run_in_threadpool(_rendered, desk, considered, skip, error)


def _rendered(
    desk: Desk, considered: Considered | None, skip: int, error: TunesmithError | None
) -> HTMLResponse:
    visit, problem = desk.visit, None if error is None else problem_of(error)
    view = _view(desk, considered)
    places = [each.position for each in view.suggestions]
    chosen = places[skip % len(places)] if places else None
    held_out = 0
    if not desk.model.is_base:
        held_out = len(held_out_places(visit.served.models.folder_of(desk.model), desk.texts))
    return visit.page(
        "label.html.j2",
        status=200 if problem is None else problem.status,
        dataset=desk.dataset,
        model=desk.model,
        models=[each for each in visit.served.models.all() if each.damage is None],
        view=view,
        card=None if chosen is None else text_lines(desk.texts, considered, [chosen])[0],
        skip=skip,
        acts=act_lines(visit.served.label_acts.all(desk.dataset.id), _ACTS),
        held_out=held_out,
        problem=problem,
        once=secrets.token_urlsafe(16),
    )


@router.get("/datasets/{dataset}/label/state")
async def state(visit: Reading, dataset: str, model: ModelQuery = "") -> dict[str, Any]:
    """Return what the page shows around the texts, and whether something is being computed."""
    desk = await run_in_threadpool(_desk, visit, dataset, model)
    considered = desk.considered
    return _view(desk, considered).state


@router.get("/datasets/{dataset}/label/codes")
def codes(visit: Reading, dataset: str) -> Response:
    """Return label (uint16; 65535 for none) and marks (uint8) of each text, little-endian.

    The marks are 1 for unsure, 2 for reviewed, 4 for another label than in the file.
    """
    texts = labelled_texts(visit.served.stores, dataset)
    marks = texts.unsure.astype("u1") + 2 * texts.reviewed + 4 * texts.changed
    sent = texts.codes.astype("<u2").tobytes() + marks.astype("u1").tobytes()
    return _binary(sent)


@router.get("/datasets/{dataset}/label/places")
def places(visit: Reading, dataset: str, model: ModelQuery = "") -> Response:
    """Return the place of each text on the map, two float32 each, little-endian."""
    desk = _prepared(visit, dataset, model)
    return _binary(visit.served.labelling.places(desk.request).astype("<f4").tobytes())


@router.get("/datasets/{dataset}/label/guesses")
async def guesses(visit: Reading, dataset: str, model: ModelQuery = "") -> Response:
    """Return doubt (float32) and likely label (uint16) of each text, little-endian."""
    desk = await run_in_threadpool(_desk, visit, dataset, model)
    likely, _, doubt = guessed(desk.texts, desk.considered)
    return _binary(doubt.astype("<f4").tobytes() + likely.astype("<u2").tobytes())


Rows = Annotated[str, Query(pattern=r"^\d{1,9}(,\d{1,9}){0,99}$")]


@router.get("/datasets/{dataset}/label/texts", response_class=HTMLResponse)
async def texts(
    visit: Reading,
    dataset: str,
    rows: Rows,
    model: ModelQuery = "",
    first: Annotated[int | None, Query(ge=0)] = None,
    *,
    card: bool = False,
) -> HTMLResponse:
    """Return some texts as a list with boxes to tick, or one as a card.

    With the position of the first one in a longer list, they are rows of a table.
    """
    desk = await run_in_threadpool(_desk, visit, dataset, model)
    chosen = [place for place in map(int, rows.split(",")) if place < len(desk.texts)][:_SHOWN]
    considered = desk.considered
    lines = text_lines(desk.texts, considered, chosen)
    if card:
        facts = {"card": lines[0] if lines else None, "view": _view(desk, considered)}
        surroundings = {"dataset": desk.dataset, "model": desk.model, "skip": 0}
        return HTMLResponse(
            render("pieces/label_card.html.j2", may_train=visit.may_train, **surroundings, **facts)
        )
    return HTMLResponse(render("pieces/label_texts.html.j2", lines=lines, first=first))


@router.get("/datasets/{dataset}/label/find")
async def find(
    visit: Reading,
    dataset: str,
    words: Annotated[str, Query(max_length=400)] = "",
    meaning: Annotated[str, Query(max_length=4_000)] = "",
    model: ModelQuery = "",
) -> dict[str, Any]:
    """Return the positions of texts with all these words, or those nearest to a text."""
    if not meaning.strip():
        held = await run_in_threadpool(labelled_texts, visit.served.stores, dataset)
        return {"places": await run_in_threadpool(_with_words, held, words.lower().split())}
    desk = await run_in_threadpool(_prepared, visit, dataset, model)
    encoded = await visit.served.inference.encode(desk.model.id, [meaning])
    vectors = visit.served.labelling.vectors(desk.request)
    scores = vectors @ of_length_1(encoded.vectors)[0]
    best = np.argsort(-scores, kind="stable")[:_FOUND]
    return {"places": best.tolist(), "scores": np.round(scores[best], 4).tolist()}


class Wanted(BaseModel):
    """Positions of texts to find others like, and of those that are wrong."""

    positives: Annotated[list[int], Field(min_length=1, max_length=1_000)]
    rejected: Annotated[list[int], Field(max_length=1_000)] = []


@router.post("/datasets/{dataset}/label/like")
def like(visit: Reading, dataset: str, wanted: Wanted, model: ModelQuery = "") -> dict[str, Any]:
    """Return the texts like some and unlike others, best first."""
    desk = _prepared(visit, dataset, model)
    _check_places(desk.texts, [*wanted.positives, *wanted.rejected])
    vectors = np.asarray(visit.served.labelling.vectors(desk.request))
    hits = like_these(vectors, wanted.positives, wanted.rejected, k=_FOUND)
    return {"places": hits.indices[0].tolist(), "scores": np.round(hits.scores[0], 4).tolist()}


class Act(BaseModel):
    """An act of labelling on texts, by their positions."""

    kind: ActKind
    places: Places
    label: Annotated[str | None, Field(max_length=400)] = None


@router.post("/datasets/{dataset}/label/acts")
async def act(visit: Training, dataset: str, act: Act, model: ModelQuery = "") -> dict[str, Any]:
    """Store an act; return the state after it."""

    def store() -> None:
        held = labelled_texts(visit.served.stores, dataset)
        _check_places(held, act.places)
        rows = np.sort(held.file.rows[np.unique(act.places)])
        new = NewAct(act.kind, tuple(rows.tolist()), act.label)
        visit.served.label_acts.add(dataset, new, key_id(visit.key))

    await run_in_threadpool(store)
    return await state(visit, dataset, model)


class Turn(BaseModel):
    """An act to undo or to redo, by its number; by default the last one."""

    number: Number | None = None
    redo: bool = False


@router.post("/datasets/{dataset}/label/turn")
async def turn(visit: Training, dataset: str, turn: Turn, model: ModelQuery = "") -> dict[str, Any]:
    """Undo or redo an act; return the state after it."""
    await run_in_threadpool(_turn, visit, dataset, turn)
    return await state(visit, dataset, model)


@router.get("/datasets/{dataset}/label/acts", response_class=HTMLResponse)
def acts(visit: Reading, dataset: str) -> HTMLResponse:
    """Return the log of acts, newest first."""
    stored = visit.served.datasets.get(dataset)
    lines = act_lines(visit.served.label_acts.all(dataset), _ACTS)
    facts = {"dataset": stored, "acts": lines, "may_train": visit.may_train}
    return HTMLResponse(render("pieces/label_acts.html.j2", **facts))


class ActForm(BaseModel):
    """An act on one text, of the page's own form: it works without a script."""

    place: int = Field(ge=0)
    label: str = Field("", max_length=400)
    new: str = Field("", max_length=400)
    unsure: bool = False
    model: str = Field("", max_length=80)


@router.post("/datasets/{dataset}/label", response_class=RedirectResponse)
def act_by_form(visit: Training, dataset: str, form: Annotated[ActForm, Form()]) -> Response:
    """Store an act on one text and return to the page."""
    held = labelled_texts(visit.served.stores, dataset)
    _check_places(held, [form.place])
    label = form.new.strip() or form.label
    kind = ActKind.UNSURE if form.unsure else ActKind.ASSIGN
    new = NewAct(kind, (int(held.file.rows[form.place]),), None if form.unsure else label)
    visit.served.label_acts.add(dataset, new, key_id(visit.key))
    return _back(dataset, form.model)


class TurnForm(BaseModel):
    """An act to undo or to redo, of the log's own form."""

    number: Number | None = None
    redo: bool = False
    model: str = Field("", max_length=80)


@router.post("/datasets/{dataset}/label/turn-back", response_class=RedirectResponse)
def turn_by_form(visit: Training, dataset: str, form: Annotated[TurnForm, Form()]) -> Response:
    """Undo or redo an act and return to the page."""
    _turn(visit, dataset, Turn(number=form.number, redo=form.redo))
    return _back(dataset, form.model)


class AgainForm(BaseModel):
    """Fit again with the new labels."""

    model: str = Field("", max_length=80)
    once: str = Field("", max_length=80)


@router.post("/datasets/{dataset}/label/fit", response_class=RedirectResponse)
async def again(visit: Training, dataset: str, form: Annotated[AgainForm, Form()]) -> Response:
    """Fit again and show the fit; a mistake is shown on the page."""

    def start() -> str:
        model = _chosen_model(visit, visit.served.datasets.get(dataset), form.model)
        followed = None if model.is_base else model
        by, sent = key_id(visit.key), Sent(form.once or None)
        return fit_again(visit.served, dataset, followed, created_by=by, sent=sent).id

    try:
        ident = await run_in_threadpool(start)
    except TunesmithError as error:
        return await _page(visit, dataset, form.model, error=error)
    return RedirectResponse(f"/fits/{ident}", 303)


def _turn(visit: Visit, dataset: str, turn: Turn) -> None:
    acts = visit.served.label_acts
    visit.served.datasets.get(dataset)
    (acts.redo if turn.redo else acts.undo)(dataset, turn.number)


def _back(dataset: str, model: str) -> RedirectResponse:
    query = f"?model={model}" if model and model.replace("-", "").replace("_", "").isalnum() else ""
    return RedirectResponse(f"/datasets/{dataset}/label{query}", 303)


def _view(desk: Desk, considered: Considered | None) -> LabelView:
    labelling = desk.visit.served.labelling
    return label_view(
        desk.texts,
        considered,
        labelling.outlook(desk.request, desk.texts),
        has_map=labelling.has_vectors(desk.request),
        working=labelling.is_working(desk.request),
        error=labelling.failure(desk.request),
        acts=desk.visit.served.label_acts.all(desk.dataset.id),
    )


def _desk(visit: Visit, dataset: str, model: str) -> Desk:
    stored = visit.served.datasets.readable(dataset)
    held = labelled_texts(visit.served.stores, dataset)
    chosen = _chosen_model(visit, stored, model)
    data = DataFile(visit.served.datasets.path(stored.id), stored.options)
    folder = visit.served.models.folder_of(chosen)
    return Desk(visit, stored, chosen, MapRequest(chosen, folder, data, stored.digest), held)


def _prepared(visit: Visit, dataset: str, model: str) -> Desk:
    desk = _desk(visit, dataset, model)
    try:
        visit.served.labelling.places(desk.request)
    except FileNotFoundError:
        raise NotReady("the vectors are not ready yet", hint="open the page first") from None
    return desk


def _chosen_model(visit: Visit, dataset: StoredDataset, model: str) -> StoredModel:
    """Return the model that was asked for, else the newest one fitted on the data, or the base."""
    if model:
        return visit.served.models.get(model)
    versions = {each.id for each in visit.served.datasets.versions(dataset.id)}
    models = visit.served.models.all()
    fitted = (each for each in models if each.dataset_id in versions)
    return next(fitted, None) or visit.served.models.get(DEFAULT_BASE)


def _with_words(texts: LabelledTexts, words: Sequence[str]) -> list[int]:
    if not words:
        return []
    lowered = map(str.lower, texts.file.texts)
    return [place for place, text in enumerate(lowered) if all(word in text for word in words)]


def _check_places(texts: LabelledTexts, places: Sequence[int]) -> None:
    if min(places) < 0 or max(places) >= len(texts):
        raise UsageError(f"the data have {len(texts)} texts", option="places")


def _binary(content: bytes) -> Response:
    return Response(content, media_type="application/octet-stream")
