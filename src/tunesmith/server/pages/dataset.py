"""One data set: its check with the rows at fault, and its rows, fifty on a page."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from tunesmith.errors import TunesmithError
from tunesmith.server.pages.check import RowsOf, check_view, no_rows
from tunesmith.server.pages.dataset_frame import dataset_page
from tunesmith.server.pages.reading import reading_form
from tunesmith.server.pages.rows import FaultyRows, RowPage, Wanted, row_page
from tunesmith.server.pages.visit import Reading

router = APIRouter(include_in_schema=False)
_HIGHEST = 10**7
_LONGEST = 500
_OFFERED_LABELS = 500


@router.get("/datasets/{dataset_id}", response_class=HTMLResponse)
def show_check(visit: Reading, dataset_id: str) -> HTMLResponse:
    """Return the page with the check; a file that cannot be read at all has no rows."""
    stored, store = visit.served.datasets.get(dataset_id), visit.served.datasets
    rows_of: RowsOf = no_rows
    first: RowPage | None = None
    with suppress(TunesmithError):
        first = row_page(store, stored, 1)
        rows_of = FaultyRows(store, stored).of
    view = None if stored.report is None else check_view(stored.report, rows_of)
    form = None if first is None else reading_form(stored, first.columns)
    return dataset_page(
        visit, stored, "dataset_check.html.j2", view=view, first=first, reading=form
    )


@router.get("/datasets/{dataset_id}/rows", response_class=HTMLResponse)
def show_rows(
    visit: Reading,
    dataset_id: str,
    page: Annotated[int, Query(ge=1, le=_HIGHEST)] = 1,
    label: Annotated[str, Query(max_length=_LONGEST)] = "",
    finding: Annotated[str, Query(max_length=40)] = "",
    q: Annotated[str, Query(max_length=_LONGEST)] = "",
) -> HTMLResponse:
    """Return the page with fifty rows: of all, or of those that are wanted."""
    stored, wanted = visit.served.datasets.get(dataset_id), Wanted(label, finding, q.strip())
    view = row_page(visit.served.datasets, stored, page, wanted)
    report = stored.report or {}
    labels = [str(each["label"]) for each in report.get("classes", ())][:_OFFERED_LABELS]
    findings = {str(each["code"]): str(each["message"]) for each in report.get("findings", ())}
    return dataset_page(
        visit,
        stored,
        "dataset_rows.html.j2",
        view=view,
        wanted=wanted,
        labels=labels,
        finding=findings.get(finding, finding),
    )
