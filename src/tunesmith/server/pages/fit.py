"""One fit: live progress, the ladder, the log, and how to end it."""

import time
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Header
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from tunesmith.phrasing import score_note
from tunesmith.server.fits import StoredFit
from tunesmith.server.labelling.fitting_again import again_of
from tunesmith.server.pages.fit_chart import cost_chart
from tunesmith.server.pages.fit_state import FitState, followed
from tunesmith.server.pages.live import Watching, pushed
from tunesmith.server.pages.rendering import render
from tunesmith.server.pages.verdicts import model_line, readable_summary
from tunesmith.server.pages.visit import Reading, Training, Visit, side_pieces

router = APIRouter(include_in_schema=False)
_OPTIONS = (
    "base",
    "goal",
    "seed",
    "cross_validate",
    "keep",
    "int8",
    "recipe",
    "test",
    "validation",
)
_FOLDS = frozenset({"auto", "off", "3", "5", "10"})  # those that the form knows
_LONGER = 4
LONGEST_SECONDS = 7 * 24 * 3600
_PIECES = ("state", "actions", "time", "result", "chart", "ladder", "log")


class Command(StrEnum):
    """What a person may ask of a fit."""

    STOP = "stop"
    CANCEL = "cancel"
    RETRY = "retry"


@router.get("/fits/{fit_id}", response_class=HTMLResponse)
def show_fit(visit: Reading, fit_id: str) -> HTMLResponse:
    """Return the page."""
    fit = visit.served.fits.get(fit_id)
    pieces = _pieces(visit, fit)[0]
    dataset = visit.dataset(fit.dataset_id)
    return visit.page("fit.html.j2", fit=fit, dataset=dataset, pieces=pieces, again=again_of(fit))


def _found(visit: Reading, fit_id: str) -> StoredFit:
    """Find the fit before the answer begins, which cannot change its status then."""
    return visit.served.fits.get(fit_id)


@router.get("/fits/{fit_id}/events", response_class=EventSourceResponse)
async def follow(
    visit: Watching,
    fit: Annotated[StoredFit, Depends(_found)],
    last_event_id: Annotated[str, Header(max_length=40)] = "",
) -> AsyncIterator[ServerSentEvent]:
    """Send the pieces of the page that change, after those that the page has already."""

    def look() -> tuple[dict[str, str], str, bool]:
        now = visit.served.fits.get(fit.id)
        pieces, number = _pieces(visit, now)
        return pieces, str(number), now.status.ended

    async for event in pushed(look, visit.served.stopping, _seen(visit, fit, last_event_id)):
        yield event


@router.post("/fits/{fit_id}/extend", response_class=RedirectResponse)
def extend(
    visit: Training,
    fit_id: str,
    seconds: Annotated[float, Form(gt=0, le=LONGEST_SECONDS, allow_inf_nan=False)],
) -> RedirectResponse:
    """Allow a fit more time, and return to its page."""
    visit.served.fits.command(fit_id, "extend", seconds)
    return RedirectResponse(f"/fits/{fit_id}", 303)


@router.post("/fits/{fit_id}/{command}", response_class=RedirectResponse)
def command(visit: Training, fit_id: str, command: Command) -> RedirectResponse:
    """Stop, cancel or retry a fit, and return to its page."""
    if command is Command.RETRY:
        visit.served.jobs.add(visit.served.fits.retry(fit_id))
    else:
        visit.served.fits.command(fit_id, command)
    return RedirectResponse(f"/fits/{fit_id}", 303)


def _seen(visit: Visit, fit: StoredFit, last: str) -> dict[str, str]:
    """Return the pieces that a page has already: all of them, if it has the last event."""
    pieces, number = _pieces(visit, fit)
    return pieces if number and str(number) == last else {}


def _pieces(visit: Visit, fit: StoredFit) -> tuple[dict[str, str], int]:
    """Return the parts of the page that change by themselves, and the number of the last event.

    The parts are given by the id of the element.
    """
    state, number = followed(visit.served.fits, fit.id).at(fit, time.time())
    model = visit.served.models.show(fit.id) if visit.served.models.has(fit.id) else None
    summary = None if model is None else readable_summary(model)
    facts = {
        "fit": fit,
        "state": state,
        "line": None if model is None else model_line(model),
        "score_note": "" if summary is None else score_note(summary),
        "chart": cost_chart(state),
        "may_train": visit.may_train,
        "again": _again(fit, state),
    }
    pieces = {f"fit-{name}": render(f"pieces/fit_{name}.html.j2", **facts) for name in _PIECES}
    return {**pieces, **side_pieces(visit)}, number


def _again(fit: StoredFit, state: FitState) -> str:
    """Return the address of the form with the same options, and more time if it was short."""
    wanted: dict[str, Any] = {name: fit.request.get(name) for name in _OPTIONS}
    if state.budget is not None:
        wanted["budget"] = f"{state.budget * (_LONGER if state.cut_short else 1):.0f}s"
    if str(wanted["cross_validate"]) not in _FOLDS:
        del wanted["cross_validate"]
    given = {name: value for name, value in wanted.items() if value not in {None, False, ""}}
    return "/fits/new?" + urlencode({"dataset": fit.dataset_id, **given})
