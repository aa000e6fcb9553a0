"""Fine-tuned models: create, list, get, update, delete, events and metrics."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from tunesmith.errors import UsageError
from tunesmith.server.access import Reader, Served, Trainer, key_id
from tunesmith.server.datasets import REPEATED_SECONDS
from tunesmith.server.dialects.cohere.finetuned import (
    Event,
    FinetunedModel,
    StepMetrics,
    finetuned_model,
    status_events,
    step_metrics,
)
from tunesmith.server.dialects.cohere.pages import Paging, page
from tunesmith.server.dialects.cohere.routing import cohere_router
from tunesmith.server.dialects.cohere.settings import (
    FinetuneSettings,
    base_of,
    check_settings,
    fit_options,
    origin,
)
from tunesmith.server.fits import Status, StoredFit
from tunesmith.server.ids import NAME_LENGTH, shown_name
from tunesmith.server.once import IdempotencyKey, Sent
from tunesmith.server.services import Services
from tunesmith.server.starting import start_fit

router = cohere_router("/v1/finetuning/finetuned-models")
_OLD_ENDING = "-ft"
_ORDERS = ("created_at", "name")


class NewModel(BaseModel):
    """A model to tune."""

    name: str = Field(min_length=1, max_length=NAME_LENGTH)
    settings: FinetuneSettings


class Change(BaseModel):
    """A new name; settings of a model that is tuned already do not change."""

    name: str | None = Field(None, max_length=NAME_LENGTH)


class Listing(Paging):
    """Which page of a list, and its order, such as ``created_at desc``."""

    order_by: str | None = None


class One(BaseModel):
    """A fine-tuned model."""

    finetuned_model: FinetunedModel


class Models(BaseModel):
    """A page of fine-tuned models."""

    finetuned_models: list[FinetunedModel]
    total_size: int
    next_page_token: str | None


class Events(BaseModel):
    """A page of events, newest first."""

    events: list[Event]
    total_size: int
    next_page_token: str | None


class Steps(BaseModel):
    """A page of metrics, last step first."""

    step_metrics: list[StepMetrics]
    next_page_token: str | None


@router.post("")
def create(
    served: Served, key: Trainer, new: NewModel, idempotency_key: IdempotencyKey = None
) -> One:
    """Start a fit; the id of the model is that of the fit, with or without ``-ft``."""
    dataset = served.datasets.get(new.settings.dataset_id)
    check_settings(new.settings, dataset)
    base = base_of(served, new.settings.base_model.name)
    fit = start_fit(
        served,
        dataset.id,
        fit_options(served, base, dataset),
        name=new.name,
        created_by=key_id(key),
        origin=origin(new.settings, base, dataset),
        sent=Sent(idempotency_key, REPEATED_SECONDS),  # its client does not say what it repeats
    )
    return One(finetuned_model=finetuned_model(fit))


@router.get("")
def list_models(served: Served, _key: Reader, asked: Annotated[Listing, Query()]) -> Models:
    """Return all fits, newest first unless another order is asked for."""
    fits = _ordered(served.fits.all(), asked.order_by)
    found, following = page([finetuned_model(each) for each in fits], asked)
    return Models(finetuned_models=found, total_size=len(fits), next_page_token=following)


@router.get("/{ident}")
def show(served: Served, _key: Reader, ident: str) -> One:
    """Return a fit with its status."""
    return One(finetuned_model=finetuned_model(_fit(served, ident)))


@router.patch("/{ident}")
def update(served: Served, _key: Trainer, ident: str, change: Change) -> One:
    """Change the name that people see; the id stays."""
    fit = _fit(served, ident)
    if change.name:
        fit = served.fits.update(fit.id, name=shown_name(change.name))
        if fit.status in {Status.DEPLOYING, Status.READY}:
            served.models.rename(fit.id, change.name)
    return One(finetuned_model=finetuned_model(fit))


@router.delete("/{ident}")
async def delete(served: Served, _key: Trainer, ident: str) -> dict[str, str]:
    """Delete a fit with its model, unless a search index uses it; one that runs is cancelled."""
    fit = _fit(served, ident)
    served.stores.require_unindexed(fit.id)
    served.fits.delete(fit.id)
    if fit.status in {Status.DEPLOYING, Status.READY}:
        served.stores.delete_model(fit.id, force=True)
        await served.inference.unload(fit.id)
    return {}


@router.get("/{ident}/events")
def events(served: Served, _key: Reader, ident: str, asked: Annotated[Listing, Query()]) -> Events:
    """Return the changes of status, newest first."""
    fit = _fit(served, ident)
    found = status_events(fit, served.fits.events(fit.id))
    shown, following = page(found, asked)
    return Events(events=shown, total_size=len(found), next_page_token=following)


@router.get("/{ident}/training-step-metrics")
def metrics(served: Served, _key: Reader, ident: str, asked: Annotated[Paging, Query()]) -> Steps:
    """Return a step for each candidate and, once the model is ready, its test; last step first."""
    fit = _fit(served, ident)
    summary = served.models.get(fit.id).summary if fit.status is Status.READY else {}
    found, following = page(step_metrics(fit, served.fits.events(fit.id), summary), asked)
    return Steps(step_metrics=found, next_page_token=following)


def _fit(served: Services, ident: str) -> StoredFit:
    return served.fits.get(ident.removesuffix(_OLD_ENDING))


def _ordered(fits: list[StoredFit], order: str | None) -> list[StoredFit]:
    """Return fits in an order such as ``name`` or ``created_at desc``."""
    for part in reversed((order or "").split(",")):
        field, _, direction = part.strip().partition(" ")
        if field and (field not in _ORDERS or direction.lower() not in {"", "asc", "desc"}):
            raise UsageError(
                "order_by is unknown", hint="use created_at or name, with desc", option="order_by"
            )
        if field:
            fits = sorted(fits, key=lambda fit: getattr(fit, field), reverse=direction == "desc")
    return fits
