"""Models side by side on a data set, each pair of them with an interval."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Form, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from tunesmith.comparison.evaluate import Disagreement, Measured
from tunesmith.comparison.training_overlap import TrainingOverlap
from tunesmith.errors import TunesmithError, UsageError
from tunesmith.report.charts.score_charts import IntervalBar, interval_bars
from tunesmith.results.summary import Outcome
from tunesmith.server.comparisons import ComparisonRequest, Comparisons
from tunesmith.server.datasets import StoredDataset
from tunesmith.server.judging import DataFile
from tunesmith.server.pages.comparison_methods import comparison_method
from tunesmith.server.pages.rendering import LOOKS
from tunesmith.server.pages.visit import Reading, Visit
from tunesmith.server.stored_model import StoredModel

router = APIRouter(include_in_schema=False)
FEWEST, MOST = 2, 6


class ComparisonForm(BaseModel):
    """What is compared: ids of models, one or several separated by commas in each parameter.

    A page that follows a comparison does not begin it again after somebody cancelled it.
    """

    models: list[str] = Field([], max_length=40)
    dataset: str = Field("", max_length=80)
    follow: bool = False

    @property
    def names(self) -> list[str]:
        """The ids, each once."""
        split = (name for each in self.models for name in each.split(","))
        return list(dict.fromkeys(name for name in split if name))

    @property
    def following(self) -> str:
        """The address that follows the comparison."""
        asked = {"models": self.names, "dataset": self.dataset, "follow": "true"}
        return f"/compare?{urlencode(asked, doseq=True)}"


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

    @property
    def names(self) -> Mapping[str, str]:
        """The name of each model by its id; with the id where two have the same name."""
        counts = Counter(each.name for each in self.models)
        return {
            each.id: f"{each.name} ({each.id})" if counts[each.name] > 1 else each.name
            for each in self.models
        }


@router.get("/compare", response_class=HTMLResponse)
async def show_comparison(visit: Reading, form: Annotated[ComparisonForm, Query()]) -> HTMLResponse:
    """Return the page; a comparison that is missing begins to be made."""
    facts: dict[str, Any] = {"error": None, "view": None, "progress": None, "cancelled": False}
    try:
        asked = await run_in_threadpool(_asked, visit, form)
        if asked is not None:
            facts |= _found(visit.served.comparisons, asked, follows=form.follow)
    except TunesmithError as error:
        facts["error"] = error
    return await run_in_threadpool(_page, visit, form, facts)


@router.post("/compare/cancel", response_class=RedirectResponse)
async def cancel_comparison(
    visit: Reading, form: Annotated[ComparisonForm, Form()]
) -> RedirectResponse:
    """End the making of a comparison, and return to the page."""
    asked = await run_in_threadpool(_asked, visit, form)
    if asked is not None:
        await visit.served.comparisons.cancel(asked)
    return RedirectResponse(form.following, 303)


def _found(comparisons: Comparisons, asked: ComparisonRequest, *, follows: bool) -> dict[str, Any]:
    if follows and comparisons.was_cancelled(asked):
        return {"cancelled": True}
    found = comparisons.of(asked)
    if found is None:
        return {"progress": comparisons.progress(asked)}
    return {"view": comparison_view(asked.models, found)}


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


def _asked(visit: Visit, form: ComparisonForm) -> ComparisonRequest | None:
    """Return what is to be compared; None as long as too little is chosen."""
    names, dataset = form.names, form.dataset
    if len(names) > MOST:
        raise UsageError(f"{len(names)} models are too many", hint=f"choose {MOST} or fewer")
    models = tuple(visit.served.models.get(name) for name in names)
    if len(models) < FEWEST or not dataset:
        return None
    stored = visit.served.datasets.usable(dataset)
    folders = tuple(map(visit.served.models.folder_of, models))
    data = DataFile(visit.served.datasets.path(dataset), stored.options)
    return ComparisonRequest(models, folders, data, stored.digest)


def _page(visit: Visit, form: ComparisonForm, facts: dict[str, Any]) -> HTMLResponse:
    dataset = visit.dataset(form.dataset or None)
    return visit.page(
        "compare.html.j2",
        models=visit.served.models.all(),
        form=form,
        chosen=form.names,
        dataset=dataset,
        datasets=_usable(visit),
        method=comparison_method(dataset.kind if dataset else None),
        **facts,
    )


def _usable(visit: Visit) -> list[StoredDataset]:
    return [each for each in visit.served.datasets.all() if each.status == "validated"]
