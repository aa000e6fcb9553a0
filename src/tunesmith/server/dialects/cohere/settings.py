"""Settings of a fine-tuned model: what of them is used, and what is kept."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, FiniteFloat

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import UnknownModel, UsageError
from tunesmith.kinds import Kind
from tunesmith.server.datasets import StoredDataset
from tunesmith.server.dialects.cohere.finetuned import CLASSIFICATION, RERANK
from tunesmith.server.dialects.cohere.uploads import origin_of
from tunesmith.server.services import Services
from tunesmith.wording import listing

_KINDS = {
    CLASSIFICATION: {Kind.LABELLED, Kind.MULTILABEL},
    RERANK: {Kind.PAIRS, Kind.TRIPLETS, Kind.LABELLED_PAIRS, Kind.SCORED_PAIRS, Kind.RETRIEVAL},
}


class BaseModelSettings(BaseModel):
    """The model to tune."""

    base_type: str
    name: str | None = None
    version: str | None = None
    strategy: str | None = None


class Hyperparameters(BaseModel):
    """Accepted and shown again, but not used: the fit chooses its own."""

    train_epochs: int | None = None
    learning_rate: FiniteFloat | None = None
    train_batch_size: int | None = None
    early_stopping_threshold: FiniteFloat | None = None
    early_stopping_patience: int | None = None
    lora_alpha: int | None = None
    lora_rank: int | None = None
    lora_target_modules: str | None = None


class Wandb(BaseModel):
    """Weights & Biases, which is not used; ``api_key`` is left out here, so it is never kept."""

    project: str | None = None
    entity: str | None = None


class FinetuneSettings(BaseModel):
    """Settings of a fine-tuned model; null means the same as an absent field."""

    base_model: BaseModelSettings
    dataset_id: str
    hyperparameters: Hyperparameters | None = None
    multi_label: bool | None = None
    wandb: Wandb | None = None


def check_settings(settings: FinetuneSettings, dataset: StoredDataset) -> None:
    """Refuse base types that are not offered, and data sets of another kind.

    Raises
    ------
    UsageError
        See above.
    """
    base_type = settings.base_model.base_type
    if base_type not in _KINDS:
        raise UsageError(
            f"{base_type} cannot be tuned here: only embedding models can",
            hint=f"use {CLASSIFICATION} or {RERANK}",
            option="base_type",
        )
    if dataset.kind is not None and dataset.kind not in _KINDS[base_type]:
        raise UsageError(
            f"data set {dataset.id} is of the kind {dataset.kind}, which does not fit {base_type}",
            hint="use another data set or base type",
            option="dataset_id",
        )


def fit_options(served: Services, base: str, dataset: StoredDataset) -> dict[str, Any]:
    """Return the options of the fit: budget, base, and the evaluation file as the test set."""
    return {
        "budget": served.settings.dialect_budget,
        "base": base,
        "test": origin_of(dataset).get("evaluation"),
    }


def base_of(served: Services, name: str | None) -> str:
    """Return the model of this server with a name; the bundled base if there is none."""
    try:
        return served.models.get(name).id if name else DEFAULT_BASE
    except UnknownModel:
        return DEFAULT_BASE


def origin(settings: FinetuneSettings, base: str, dataset: StoredDataset) -> Mapping[str, Any]:
    """Return what is kept of the settings, and notes on what is not used."""
    kept = settings.model_dump(exclude_none=True)
    kept["multi_label"] = dataset.kind == Kind.MULTILABEL
    return {"cohere": {"settings": kept, "notes": _notes(settings, base)}}


def _notes(settings: FinetuneSettings, base: str) -> list[str]:
    notes = []
    given = settings.hyperparameters
    ignored = [] if given is None else [*given.model_dump(exclude_none=True)]
    if ignored:
        notes.append(f"Not used, the fit chooses its own: {listing(ignored)}.")
    if settings.wandb is not None:
        notes.append("Metrics are not sent to Weights & Biases.")
    name = settings.base_model.name
    if name and base == DEFAULT_BASE != name:
        notes.append(f"The base model {name!r} is not on this server: {base} is tuned.")
    return notes
