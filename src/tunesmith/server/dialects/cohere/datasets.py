"""Data sets: create, list, get, usage, delete."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import File, Query, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from tunesmith.errors import join_hint
from tunesmith.server.access import Reader, Served, Trainer, key_id
from tunesmith.server.datasets import StoredDataset
from tunesmith.server.dialects.cohere.routing import cohere_router
from tunesmith.server.dialects.cohere.uploads import (
    Upload,
    check_type,
    is_evaluation,
    origin_of,
    store,
    store_evaluation,
    type_of,
)
from tunesmith.server.services import Services

router = cohere_router("/v1/datasets")
_LARGEST = 10**9


class Filter(BaseModel):
    """Which data sets are listed; these names are written in camel case."""

    model_config = ConfigDict(populate_by_name=True)

    dataset_type: str | None = Field(None, alias="datasetType")
    validation_status: str | None = Field(None, alias="validationStatus")
    before: datetime | None = None
    after: datetime | None = None
    limit: float | None = Field(None, ge=0, le=_LARGEST)
    offset: float | None = Field(None, ge=0, le=_LARGEST)


class Part(BaseModel):
    """A file of a data set."""

    id: str
    name: str
    index: int
    size_bytes: int
    num_rows: int | None


class CohereDataset(BaseModel):
    """A data set, checked."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    dataset_type: str
    validation_status: str
    validation_error: str | None
    validation_warnings: list[str]
    dataset_parts: list[Part]


@router.post("")
def create(
    served: Served,
    key: Trainer,
    asked: Annotated[Upload, Query()],
    data: Annotated[UploadFile, File()],
    eval_data: Annotated[UploadFile | None, File()] = None,
) -> dict[str, str]:
    """Upload a file, which is stored and checked before this answers.

    Models are tested on ``eval_data``, which is never trained on: as with Cohere, their metrics are
    those of this file. Without it, a share of ``data`` is held out.
    """
    check_type(asked.type)
    kept: dict[str, str] = {}
    if eval_data is not None and eval_data.size:
        kept["evaluation"] = store_evaluation(served, eval_data, asked, key_id(key)).id
    return {"id": store(served, data, asked, key_id(key), **kept).id}


@router.get("")
def list_datasets(
    served: Served, _key: Reader, asked: Annotated[Filter, Query()]
) -> dict[str, list[CohereDataset]]:
    """Return data sets, newest first."""
    listed = [each for each in served.datasets.all() if not is_evaluation(each)]
    found = [_answer(served, each) for each in listed if _is_asked(each, asked)]
    start = int(asked.offset or 0)
    end = None if asked.limit is None else start + int(asked.limit)
    return {"datasets": found[start:end]}


@router.get("/usage")
def usage(served: Served, _key: Reader) -> dict[str, int]:
    """Return the bytes of all data sets."""
    return {"organization_usage": sum(each.bytes for each in served.datasets.all())}


@router.get("/{ident}")
def show(served: Served, _key: Reader, ident: str) -> dict[str, CohereDataset]:
    """Return a data set with the result of its check."""
    return {"dataset": _answer(served, served.datasets.get(ident))}


@router.delete("/{ident}")
def delete(served: Served, _key: Trainer, ident: str) -> dict[str, str]:
    """Delete a data set with its evaluation file; models that were fitted on it stay."""
    evaluation = origin_of(served.datasets.get(ident)).get("evaluation")
    served.stores.delete_dataset(ident)
    used = {origin_of(each).get("evaluation") for each in served.datasets.all()}
    if evaluation is not None and evaluation not in used:
        served.stores.delete_dataset(evaluation)
    return {}


def _is_asked(dataset: StoredDataset, asked: Filter) -> bool:
    created = _time(dataset.created_at)
    return (
        asked.dataset_type in {None, type_of(dataset)}
        and asked.validation_status in {None, dataset.status}
        and (asked.before is None or created < _aware(asked.before))
        and (asked.after is None or created > _aware(asked.after))
    )


def _answer(served: Services, dataset: StoredDataset) -> CohereDataset:
    """Return a data set as Cohere shows it; it fails if one of its files does."""
    evaluation = origin_of(dataset).get("evaluation")
    files = [dataset, *([] if evaluation is None else [served.datasets.get(evaluation)])]
    errors = [_error(each) for each in files if each.error is not None]
    return CohereDataset(
        id=dataset.id,
        name=dataset.name,
        created_at=_time(dataset.created_at),
        updated_at=_time(dataset.created_at),
        dataset_type=type_of(dataset),
        validation_status="failed" if errors else "validated",
        validation_error="; ".join(errors) or None,
        validation_warnings=list(_warnings(files)),
        dataset_parts=[_part(each, index) for index, each in enumerate(files)],
    )


def _part(file: StoredDataset, index: int) -> Part:
    return Part(id=file.id, name=file.file, index=index, size_bytes=file.bytes, num_rows=file.rows)


def _error(file: StoredDataset) -> str:
    error = file.error or {}
    return join_hint(str(error.get("message", "")), str(error.get("hint", "")))


def _warnings(files: Iterable[StoredDataset]) -> Iterable[str]:
    for file in files:
        for finding in (file.report or {}).get("findings", ()):
            if finding["severity"] != "error":
                yield f"{finding['message']} {finding['advice']}".strip()


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _aware(given: datetime) -> datetime:
    return given if given.tzinfo else given.replace(tzinfo=UTC)
