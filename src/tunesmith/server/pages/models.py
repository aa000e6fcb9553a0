"""All models with their verdicts, those of this server first."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from tunesmith.server.pages.verdicts import model_line
from tunesmith.server.pages.visit import Reading

router = APIRouter(include_in_schema=False)


@router.get("/models", response_class=HTMLResponse)
def show_models(visit: Reading) -> HTMLResponse:
    """Return the page."""
    lines = [model_line(model) for model in visit.served.models.listed()]
    return visit.page("models.html.j2", lines=lines)
