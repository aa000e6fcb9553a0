"""All data sets, newest first."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from tunesmith.server.pages.visit import Reading

router = APIRouter(include_in_schema=False)


@router.get("/datasets", response_class=HTMLResponse)
def show_datasets(visit: Reading) -> HTMLResponse:
    """Return the page."""
    return visit.page("datasets.html.j2", datasets=visit.served.datasets.all())
