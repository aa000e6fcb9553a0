"""One model: the verdict in words, scores, classes, probabilities, the ladder, code to copy."""

from enum import StrEnum
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from tunesmith.report.charts import pair_charts
from tunesmith.server.pages.model_view import model_view
from tunesmith.server.pages.use_it import uses
from tunesmith.server.pages.verdicts import model_line, readable_summary
from tunesmith.server.pages.visit import Reading, Visit
from tunesmith.server.stored_model import StoredModel

router = APIRouter(include_in_schema=False)


class Tab(StrEnum):
    """A part of the page with an address of its own."""

    CLASSES = "classes"
    PROBABILITIES = "probabilities"
    LADDER = "ladder"
    USE = "use"


@router.get("/models/{model}", response_class=HTMLResponse)
def show_overview(visit: Reading, model: str) -> HTMLResponse:
    """Return the overview."""
    return model_page(visit, visit.served.models.show(model), "overview")


@router.get("/models/{model}/{tab}", response_class=HTMLResponse)
def show_tab(visit: Reading, model: str, tab: Tab) -> HTMLResponse:
    """Return another part of the page."""
    stored = visit.served.models.show(model)
    code = uses(stored, visit.address, visit.key is not None) if tab is Tab.USE else ()
    return model_page(visit, stored, tab, uses=code, chart=pair_charts)


def model_page(
    visit: Visit, model: StoredModel, tab: str, *, template: str = "", **facts: Any
) -> HTMLResponse:
    """Return a part of the page of a model; the template is named after the tab."""
    summary = readable_summary(model)
    return visit.page(
        template or f"model_{tab}.html.j2",
        tab=tab,
        model=model,
        line=model_line(model),
        summary=summary,
        view=None if summary is None else model_view(summary),
        dataset=visit.dataset(model.dataset_id),
        **facts,
    )
