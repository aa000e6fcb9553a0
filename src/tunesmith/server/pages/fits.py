"""All fits, newest first."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from tunesmith.server.pages.visit import Reading

router = APIRouter(include_in_schema=False)


@router.get("/fits", response_class=HTMLResponse)
def show_fits(visit: Reading) -> HTMLResponse:
    """Return the page."""
    return visit.page("fits.html.j2", fits=visit.served.fits.all())
