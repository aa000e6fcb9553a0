"""Fits: start, follow, stop, extend, cancel, retry."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.fitting.budget import parse_budget
from tunesmith.server.access import Reader, Served, Trainer, key_id
from tunesmith.server.fits import Follower, StoredEvent, StoredFit
from tunesmith.server.ids import NAME_LENGTH
from tunesmith.server.once import IdempotencyKey, Sent
from tunesmith.server.routes.errors import ERRORS, ERRORS_AS_JSON
from tunesmith.server.routes.paging import Asked
from tunesmith.server.starting import start_fit

router = APIRouter(prefix="/v1/fits", tags=["fits"], responses=ERRORS)
_LOOK_SECONDS = 0.3
_LAST = 2**31 - 1


class FitOptions(BaseModel):
    """A fit to start, with every option of ``tunesmith fit``; data sets are given by id."""

    model_config = ConfigDict(extra="forbid")

    dataset: str = Field(description="id of the data set to learn from")
    name: str = Field(
        "", max_length=NAME_LENGTH, description="name of the model; by default the data set's"
    )
    budget: str | float | None = Field("5m", description='such as "90s", "5m", "1h"; null: none')
    goal: Literal["classify", "search"] = "classify"
    base: str = Field(DEFAULT_BASE, description="a model of this server")
    seed: int = Field(0, ge=0, lt=2**32)
    kind: str | None = None
    columns: dict[str, str] | None = None
    documents: str | None = Field(None, description="id of the data set of all documents")
    test: str | None = Field(None, description="id of a data set that is never trained on")
    split_by: str | None = None
    validation: str | None = Field(None, description="id of a data set for validation")
    cross_validate: int | Literal["auto", "off"] = "auto"
    keep: Literal["auto", "proven", "likely"] = "auto"
    int8: bool = False
    recipe: str = "auto"
    domain: str | None = Field(None, description="id of a data set of the domain's texts")
    first: str = "auto"
    judge: str = ""
    generator: str = ""
    corpus_type: Literal["open", "closed"] = "open"
    encoding: str | None = None
    fixes: list[str] = []
    skip_invalid: bool = False
    strict: bool = False

    def request(self) -> dict[str, Any]:
        """Return the options as :class:`~tunesmith.fitting.FitRequest` names them."""
        options = self.model_dump(exclude={"dataset", "name"})
        return {**options, "budget": parse_budget(self.budget)}


@router.post("", status_code=201)
def start(
    served: Served, key: Trainer, options: FitOptions, idempotency_key: IdempotencyKey = None
) -> StoredFit:
    """Start a fit; the model that it makes gets the fit's id."""
    return start_fit(
        served,
        options.dataset,
        options.request(),
        name=options.name,
        created_by=key_id(key),
        sent=Sent(idempotency_key),
    )


@router.get("")
def list_fits(served: Served, _key: Reader, asked: Asked) -> list[StoredFit]:
    """Return the fits, newest first."""
    return asked.of(served.fits.all())


@router.get("/{fit_id}")
def show(served: Served, _key: Reader, fit_id: str) -> StoredFit:
    """Return a fit with its status."""
    return served.fits.get(fit_id)


def _follower(
    served: Served, fit_id: str, last_event_id: Annotated[str, Header(max_length=40)] = "0"
) -> Follower:
    """Find the fit before the answer begins, which cannot change its status then."""
    number = last_event_id if last_event_id.isascii() and last_event_id.isdecimal() else "0"
    return Follower(served.fits, served.fits.get(fit_id).id, min(int(number), _LAST))


@router.get("/{fit_id}/events", response_class=EventSourceResponse, responses=ERRORS_AS_JSON)
async def events(
    served: Served, _key: Reader, follower: Annotated[Follower, Depends(_follower)]
) -> AsyncIterator[ServerSentEvent]:
    """Follow a fit by server-sent events; after a break, resume with ``Last-Event-ID``."""
    ended = False
    while not (ended or served.stopping.is_set()):
        found, ended = await run_in_threadpool(follower.new)
        for each in found:
            name = str(each.event["event"])
            yield ServerSentEvent(data=each.event, event=name, id=str(each.number))
        await asyncio.sleep(0 if ended else _LOOK_SECONDS)


@router.get("/{fit_id}/log", response_class=PlainTextResponse, responses=ERRORS_AS_JSON)
def log(served: Served, _key: Reader, fit_id: str) -> str:
    """Return the events of a fit as lines of text."""
    served.fits.get(fit_id)
    return "".join(f"{_line(each)}\n" for each in served.fits.events(fit_id))


class MoreTime(BaseModel):
    """Time to add to the budget of a fit."""

    seconds: float = Field(gt=0, le=7 * 24 * 3600)


@router.post("/{fit_id}/stop")
def stop(served: Served, _key: Trainer, fit_id: str) -> StoredFit:
    """End the search of a fit: the best of the finished candidates is judged and saved."""
    return served.fits.command(fit_id, "stop")


@router.post("/{fit_id}/cancel")
def cancel(served: Served, _key: Trainer, fit_id: str) -> StoredFit:
    """Cancel a fit; what is finished is kept for a retry."""
    return served.fits.command(fit_id, "cancel")


@router.post("/{fit_id}/extend")
def extend(served: Served, _key: Trainer, fit_id: str, more: MoreTime) -> StoredFit:
    """Allow a running fit more time."""
    return served.fits.command(fit_id, "extend", more.seconds)


@router.post("/{fit_id}/retry")
def retry(served: Served, _key: Trainer, fit_id: str) -> StoredFit:
    """Queue a fit again that failed or was cancelled; it goes on from what is finished."""
    fit = served.fits.retry(fit_id)
    served.jobs.add(fit)
    return fit


@router.delete("/{fit_id}")
def delete(served: Served, _key: Trainer, fit_id: str) -> dict[str, str]:
    """Delete a fit; one that runs is cancelled, and its model, if there is one, stays."""
    served.fits.delete(fit_id)
    return {"id": fit_id}


def _line(stored: StoredEvent) -> str:
    event = dict(stored.event)
    name = event.pop("event")
    candidate = event.get("candidate", {})
    words = event.get("text") or candidate.get("title") or event.get("title") or ""
    state = event.get("status") or candidate.get("status") or ""
    return " ".join(part for part in (f"{stored.number:5}", name, str(words), str(state)) if part)
