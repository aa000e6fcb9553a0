"""Manage a model: its name, its aliases with their history, its files, and its end."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tunesmith.errors import TunesmithError, UnknownModel, UsageError
from tunesmith.server.access import key_id
from tunesmith.server.alias_history import AliasChange
from tunesmith.server.ids import NAME_LENGTH
from tunesmith.server.pages.model import model_page
from tunesmith.server.pages.visit import Training, Visit
from tunesmith.server.problems import problem_of
from tunesmith.server.stored_model import StoredModel

router = APIRouter(include_in_schema=False)
Alias = Annotated[str, Form(max_length=80)]


@router.get("/models/{model}/manage", response_class=HTMLResponse)
def show_manage(visit: Training, model: str) -> HTMLResponse:
    """Return the page."""
    return _page(visit, visit.served.models.show(model))


@router.post("/models/{model}/rename", response_class=RedirectResponse)
def rename(
    visit: Training, model: str, name: Annotated[str, Form(max_length=NAME_LENGTH)]
) -> Response:
    """Change the name that people see."""
    stored = visit.served.models.show(model)
    try:
        if not name.strip():
            raise UsageError("the name is empty", hint="give the model a name")
        visit.served.models.rename(stored.id, name.strip())
    except TunesmithError as error:
        return _page(visit, stored, error)
    return _back(stored)


@router.post("/models/{model}/alias", response_class=RedirectResponse)
def set_alias(visit: Training, model: str, alias: Alias, move: bool = Form(False)) -> Response:
    """Let an alias stand for a model; one that stands for another is moved only if asked to."""
    stored, alias = visit.served.models.show(model), alias.strip()
    now = visit.served.models.aliases().get(alias)
    if now not in {None, stored.id} and not move:
        return _page(visit, stored, moving=alias, moving_from=_name(visit, str(now)))
    try:
        visit.served.models.set_alias(alias, stored.id, key_id(visit.key))
    except TunesmithError as error:
        return _page(visit, stored, error)
    return _back(stored)


@router.post("/models/{model}/alias/remove", response_class=RedirectResponse)
def remove_alias(visit: Training, model: str, alias: Alias) -> Response:
    """Remove an alias of a model; the model stays."""
    stored = visit.served.models.show(model)
    try:
        _require(stored, alias)
        visit.served.models.set_alias(alias, None, key_id(visit.key))
    except TunesmithError as error:
        return _page(visit, stored, error)
    return _back(stored)


@router.post("/models/{model}/alias/roll-back", response_class=RedirectResponse)
def roll_back(visit: Training, model: str, alias: Alias) -> Response:
    """Let an alias stand for the model before this one, and go to that model's page."""
    stored = visit.served.models.show(model)
    try:
        _require(stored, alias)
        earlier = visit.served.models.roll_back(alias, key_id(visit.key))
    except TunesmithError as error:
        return _page(visit, stored, error)
    return RedirectResponse(f"/models/{earlier}/manage", 303)


@router.post("/models/{model}/delete", response_class=RedirectResponse)
async def delete(visit: Training, model: str) -> Response:
    """Delete a model; one that a search index uses is refused."""
    stored = await run_in_threadpool(visit.served.models.show, model)
    try:
        await run_in_threadpool(visit.served.stores.delete_model, stored.id)
    except TunesmithError as error:
        return await run_in_threadpool(_page, visit, stored, error)
    await visit.served.inference.unload(stored.id)
    return RedirectResponse("/models", 303)


def _back(model: StoredModel) -> RedirectResponse:
    return RedirectResponse(f"/models/{model.id}/manage", 303)


def _require(model: StoredModel, alias: str) -> None:
    """Raise a UsageError if an alias does not stand for a model: it was moved in the meantime."""
    if alias not in model.aliases:
        raise UsageError(f"{alias!r} is not an alias of this model", hint="reload the page")


def _page(
    visit: Visit, model: StoredModel, error: TunesmithError | None = None, **facts: Any
) -> HTMLResponse:
    given: Mapping[str, Any] = {"moving": "", "moving_from": "", **facts}
    response = model_page(
        visit,
        model,
        "manage",
        history=[(alias, _history(visit, alias)) for alias in model.aliases],
        used_by=visit.served.indexes.using(model.id),
        error=error,
        length=NAME_LENGTH,
        **given,
    )
    if error is not None:
        response.status_code = problem_of(error).status
    return response


def _history(visit: Visit, alias: str) -> list[tuple[AliasChange, str]]:
    """Return the changes of an alias, the latest first, each with the name of its model."""
    changes = visit.served.models.alias_changes(alias)
    return [(each, _name(visit, each.model) if each.model else "") for each in reversed(changes)]


def _name(visit: Visit, model: str) -> str:
    try:
        return visit.served.models.show(model).name
    except UnknownModel:
        return f"{model} (deleted)"
