"""Models side by side on a data set, each pair of them with an interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from tunesmith.comparison.evaluate import Disagreement, Measured
from tunesmith.comparison.training_overlap import TrainingOverlap
from tunesmith.errors import TunesmithError, UsageError
from tunesmith.report.charts.score_charts import IntervalBar, interval_bars
from tunesmith.results.summary import Outcome
from tunesmith.server.comparisons import SHOWN_ROWS, ComparisonRequest
from tunesmith.server.datasets import StoredDataset
from tunesmith.server.judging import DataFile
from tunesmith.server.pages.rendering import LOOKS
from tunesmith.server.pages.visit import Reading, Visit
from tunesmith.server.stored_model import StoredModel

router = APIRouter(include_in_schema=False)
FEWEST, MOST = 2, 6


class ComparisonForm(BaseModel):
    """What is compared: ids of models, one or several separated by commas in each parameter."""

    models: list[str] = Field([], max_length=40)
    dataset: str = Field("", max_length=80)

    @property
    def names(self) -> list[str]:
        """The ids, each once."""
        split = (name for each in self.models for name in each.split(","))
        return list(dict.fromkeys(name for name in split if name))


@dataclass(frozen=True)
class PairLine:
    """Two models, the change of the headline metric from the first to the second, and its bar."""

    first: StoredModel
    second: StoredModel
    measured: Measured
    outcome: Outcome
    bar: IntervalBar | None

    @property
    def look(self) -> str:
        """The name of a class of the stylesheet."""
        return LOOKS[self.outcome]


@dataclass(frozen=True)
class ComparisonView:
    """A finished comparison.

    Parameters
    ----------
    models
        The models, as columns.
    pairs
        Each pair of models.
    metrics
        For each metric, one result for each model.
    overlap
        How many rows each model has seen in its fit.
    items, differing
        Numbers of all items, and of those on which models differ.
    rows
        The items with the largest differences.
    graded
        Whether an item is right or wrong; otherwise it has a score.
    headline, notes
        The headline metric, and what was left out.
    error
        Why there is no result; None if there is one.
    """

    models: tuple[StoredModel, ...]
    overlap: tuple[TrainingOverlap, ...]
    pairs: tuple[PairLine, ...] = ()
    metrics: tuple[tuple[Measured, ...], ...] = ()
    items: int = 0
    differing: int = 0
    rows: tuple[Disagreement, ...] = ()
    graded: bool = False
    headline: str = ""
    notes: tuple[str, ...] = ()
    error: Mapping[str, Any] | None = None


@router.get("/compare", response_class=HTMLResponse)
async def show_comparison(visit: Reading, form: Annotated[ComparisonForm, Query()]) -> HTMLResponse:
    """Return the page; a comparison that is missing begins to be made."""
    names, dataset = form.names, form.dataset
    facts: dict[str, Any] = {"error": None, "view": None, "progress": None}
    try:
        asked = await run_in_threadpool(_asked, visit, names, dataset)
        if asked is not None:
            found = visit.served.comparisons.of(asked)
            if found is None:
                facts["progress"] = visit.served.comparisons.progress(asked)
            else:
                facts["view"] = comparison_view(asked.models, found)
    except TunesmithError as error:
        facts["error"] = error
    return await run_in_threadpool(_page, visit, names, dataset, facts)


def comparison_view(models: Sequence[StoredModel], found: Mapping[str, Any]) -> ComparisonView:
    """Return the view of a comparison.

    Parameters
    ----------
    models
        The models in their order.
    found
        The comparison, as :func:`tunesmith.server.comparisons.compare` saves it.
    """
    overlap = msgspec.convert(found["overlap"], tuple[TrainingOverlap, ...])
    if "error" in found:
        return ComparisonView(tuple(models), overlap, error=found["error"])
    measured = [msgspec.convert(each, Measured) for each in found["metrics"]]
    names = dict.fromkeys(each.metric for each in measured)
    rows = msgspec.convert(found["rows"], tuple[Disagreement, ...])
    return ComparisonView(
        models=tuple(models),
        overlap=overlap,
        pairs=_pairs({each.id: each for each in models}, found["pairs"]),
        metrics=tuple(tuple(each for each in measured if each.metric == name) for name in names),
        items=found["items"],
        differing=found["differing"],
        rows=rows,
        graded=all(score in {0.0, 1.0} for row in rows for score in row.scores),
        headline=found["headline"],
        notes=tuple(found["notes"]),
    )


def _pairs(
    models: Mapping[str, StoredModel], found: Sequence[Mapping[str, Any]]
) -> tuple[PairLine, ...]:
    measured = [msgspec.convert(each, Measured) for each in found]
    bars = interval_bars([each.change for each in measured if each.change is not None])
    return tuple(
        PairLine(models[pair["first"]], models[one.model], one, Outcome(pair["outcome"]), bar)
        for pair, one, bar in zip(found, measured, bars, strict=True)
    )


def _asked(visit: Visit, names: Sequence[str], dataset: str) -> ComparisonRequest | None:
    """Return what is to be compared; None as long as too little is chosen."""
    if len(names) > MOST:
        raise UsageError(f"{len(names)} models are too many", hint=f"choose {MOST} or fewer")
    models = tuple(visit.served.models.get(name) for name in names)
    if len(models) < FEWEST or not dataset:
        return None
    stored = visit.served.datasets.usable(dataset)
    folders = tuple(map(visit.served.models.folder_of, models))
    data = DataFile(visit.served.datasets.path(dataset), stored.options)
    return ComparisonRequest(models, folders, data, stored.digest)


def _page(visit: Visit, names: Sequence[str], dataset: str, facts: dict[str, Any]) -> HTMLResponse:
    models = visit.served.models.all()
    return visit.page(
        "compare.html.j2",
        models=models,
        chosen=names,
        dataset=visit.dataset(dataset or None),
        datasets=_usable(visit),
        shown=SHOWN_ROWS,
        titles={model.id: model.name for model in models},
        **facts,
    )


def _usable(visit: Visit) -> list[StoredDataset]:
    return [each for each in visit.served.datasets.all() if each.status == "validated"]
