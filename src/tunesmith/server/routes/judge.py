"""Evaluate models on a data set, and advise on one."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.server import judging
from tunesmith.server.access import Reader, Served
from tunesmith.server.routes.errors import ERRORS
from tunesmith.server.services import Services

router = APIRouter(prefix="/v1", tags=["judge"], responses=ERRORS)
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class EvaluateRequest(BaseModel):
    """Models to compare with the first; a single fitted model is compared with its base."""

    models: Annotated[list[str], Field(min_length=1, max_length=20)]
    dataset: str = Field(description="id of the data set to evaluate on")
    split: str | None = Field(None, description="which judgements of retrieval data to use")
    train: str | None = Field(None, description="id of a data set to train the classifiers on")
    seed: Seed = 0


class AdviseRequest(BaseModel):
    """A data set to recommend options for."""

    dataset: str
    base: str = Field(DEFAULT_BASE, description="a model of this server")
    seed: Seed = 0


@router.post("/evaluate")
async def evaluate(served: Served, _key: Reader, request: EvaluateRequest) -> dict[str, Any]:
    """Return every metric of every model, with 95% confidence intervals of the changes."""
    given = await run_in_threadpool(_evaluated, served, request)
    return await served.judge.run(judging.evaluate, served.settings.home, *given)


@router.post("/advise")
async def advise(served: Served, _key: Reader, request: AdviseRequest) -> dict[str, Any]:
    """Return the recommended recipe, times, a budget and, for labels, a learning curve."""
    data = await run_in_threadpool(_file, served, request.dataset)
    base = await run_in_threadpool(served.models.folder, request.base)
    return await served.judge.run(judging.advise, served.settings.home, data, base, request.seed)


def _evaluated(
    served: Services, request: EvaluateRequest
) -> tuple[list[Path | str], judging.DataFile, str | None, judging.DataFile | None, int]:
    models = [served.models.folder(name) for name in request.models]
    train = None if request.train is None else _file(served, request.train)
    return models, _file(served, request.dataset), request.split, train, request.seed


def _file(served: Services, dataset: str) -> judging.DataFile:
    options = served.datasets.usable(dataset).options
    return judging.DataFile(served.datasets.path(dataset), options)
