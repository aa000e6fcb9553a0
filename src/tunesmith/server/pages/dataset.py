"""One data set: its check with the rows at fault, and its rows, fifty on a page."""

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from tunesmith.errors import TunesmithError
from tunesmith.server.datasets import StoredDataset
from tunesmith.server.pages.check import RowsOf, check_view, no_rows
from tunesmith.server.pages.rows import FaultyRows, RowPage, row_page
from tunesmith.server.pages.visit import Reading, Visit

router = APIRouter(include_in_schema=False)
_HIGHEST = 10**7


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
    return _page(visit, stored, "dataset_check.html.j2", view=view, first=first)


@router.get("/datasets/{dataset_id}/rows", response_class=HTMLResponse)
def show_rows(
    visit: Reading, dataset_id: str, page: Annotated[int, Query(ge=1, le=_HIGHEST)] = 1
) -> HTMLResponse:
    """Return the page with fifty rows."""
    stored = visit.served.datasets.get(dataset_id)
    view = row_page(visit.served.datasets, stored, page)
    return _page(visit, stored, "dataset_rows.html.j2", view=view)


def _page(visit: Visit, stored: StoredDataset, template: str, **facts: Any) -> HTMLResponse:
    return visit.page(template, dataset=stored, **facts)
