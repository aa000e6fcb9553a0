"""The playground of a model: what it makes of any text, before and after tuning."""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from tunesmith.errors import TunesmithError, UsageError
from tunesmith.server import trying
from tunesmith.server.datasets import StoredDataset
from tunesmith.server.indexes.store import StoredIndex
from tunesmith.server.judging import DataFile
from tunesmith.server.made_folders import Making
from tunesmith.server.maps import MapRequest
from tunesmith.server.pages.model import model_page
from tunesmith.server.pages.visit import Reading, Visit
from tunesmith.server.problems import problem_of
from tunesmith.server.stored_model import StoredModel

router = APIRouter(include_in_schema=False)
LENGTH = 6_000
"""Largest number of characters of the texts, which are a part of the address."""
_PATIENCE = 4.0  # seconds; then the page says what it waits for
_TEXTS = {"classify": 50, "near": 5, "compare": 8, "search": 5, "embed": 20}


class Use(StrEnum):
    """What to compute."""

    CLASSIFY = "classify"
    NEAR = "near"
    COMPARE = "compare"
    SEARCH = "search"
    EMBED = "embed"


@router.get("/models/{model}/try", response_class=HTMLResponse)
async def show_try(
    visit: Reading,
    model: str,
    use: Use | None = None,
    text: Annotated[str, Query(max_length=LENGTH)] = "",
    index: Annotated[str, Query(max_length=80)] = "",
) -> HTMLResponse:
    """Return the form, and the results for the texts of the address."""
    stored = await run_in_threadpool(visit.served.models.show, model)
    dataset = await run_in_threadpool(visit.dataset, stored.dataset_id)
    known = await run_in_threadpool(visit.served.indexes.all)
    indexes = [each for each in known if each.model_id == stored.id]
    uses = uses_of(stored, dataset, indexes)
    chosen = use if use in uses else uses[0]
    facts: dict[str, Any] = {"results": None, "waiting": "", "error": None}
    if text.strip():
        facts |= await _answer(visit, stored, dataset, chosen, _lines(text), index)
    response = await run_in_threadpool(
        model_page,
        visit,
        stored,
        "try",
        uses=uses,
        use=chosen,
        text=text,
        indexes=indexes,
        index=index,
        length=LENGTH,
        most=_TEXTS,
        **facts,
    )
    if facts["error"] is not None:
        response.status_code = problem_of(facts["error"]).status
    return response


def uses_of(
    model: StoredModel, dataset: StoredDataset | None, indexes: Sequence[StoredIndex]
) -> list[Use]:
    """Return what can be computed with a model.

    Examples
    --------
    >>> [str(use) for use in uses_of(StoredModel("a", "a", "bundled", 0.0, {}), None, [])]
    ['compare', 'embed']
    """
    possible = {
        Use.CLASSIFY: bool(model.labels),
        Use.NEAR: dataset is not None and dataset.error is None,
        Use.COMPARE: True,
        Use.SEARCH: bool(indexes),
        Use.EMBED: True,
    }
    return [use for use, there in possible.items() if there]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


async def _answer(
    visit: Visit,
    model: StoredModel,
    dataset: StoredDataset | None,
    use: Use,
    texts: list[str],
    index: str,
) -> dict[str, Any]:
    """Return the results, what they wait for, or why there are none."""
    try:
        _check(use, texts)
        async with asyncio.timeout(_PATIENCE):
            if use is Use.NEAR and dataset is not None:
                return await _near(visit, model, dataset, texts)
            return {"results": await _results(visit, model, use, texts, index)}
    except TimeoutError:
        return {"waiting": "The model is being loaded, or other requests come first."}
    except TunesmithError as error:
        return {"error": error}


def _check(use: Use, texts: Sequence[str]) -> None:
    if len(texts) > _TEXTS[use]:
        raise UsageError(
            f"there are {len(texts)} texts, and at most {_TEXTS[use]} can be shown here",
            hint="remove some lines, or use the API",
        )
    if use is Use.COMPARE and len(texts) < 2:
        raise UsageError("there is one text only", hint="write at least two, one a line")


async def _results(
    visit: Visit, model: StoredModel, use: Use, texts: list[str], index: str
) -> Sequence[object]:
    if use is Use.CLASSIFY:
        return await trying.classify(visit.served, model, texts)
    if use is Use.COMPARE:
        return await trying.similarities(visit.served, model, texts)
    if use is Use.SEARCH:
        return await trying.search_index(visit.served, index, texts)
    return await trying.embed(visit.served, model, texts)


async def _near(
    visit: Visit, model: StoredModel, dataset: StoredDataset, texts: list[str]
) -> dict[str, Any]:
    asked = await run_in_threadpool(_asked, visit, model, dataset)
    status = visit.served.neighbours.status(asked)
    if status is Making.FAILED:
        return {"error": visit.served.neighbours.failure(asked)}
    if status is Making.RUNNING:
        return {"waiting": "The texts of the data set are being embedded, before and after tuning."}
    return {"results": await trying.nearest_texts(visit.served, model, asked, texts)}


def _asked(visit: Visit, model: StoredModel, dataset: StoredDataset) -> MapRequest:
    data = DataFile(visit.served.datasets.path(dataset.id), dataset.options)
    return MapRequest(model, visit.served.models.folder_of(model), data, dataset.digest)
