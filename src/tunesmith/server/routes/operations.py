"""Health and readiness without a key; metrics with one, as they name models and routes."""

from fastapi import APIRouter, Response

from tunesmith.server.access import Reader, Served
from tunesmith.server.metrics import CONTENT_TYPE
from tunesmith.server.routes.errors import ERRORS
from tunesmith.version import __version__

router = APIRouter(tags=["operations"])


@router.head("/health", include_in_schema=False)
@router.get("/health")
def health() -> dict[str, str]:
    """Answer as long as the process lives."""
    return {"status": "alive", "version": __version__}


@router.head("/ready", include_in_schema=False)
@router.get("/ready", responses={503: {"model": dict[str, bool], "description": "Not ready yet"}})
def ready(served: Served, response: Response) -> dict[str, bool]:
    """Answer 200 once a first vector was computed, 503 before."""
    warm = any(served.inference.names())
    response.status_code = 200 if warm else 503
    return {"ready": warm}


@router.get("/metrics", response_class=Response, responses={**ERRORS, 200: {"content": {}}})
def metrics(served: Served, _key: Reader) -> Response:
    """Return figures for Prometheus, which can send a key: `authorization: credentials`."""
    return Response(served.metrics.text(), media_type=CONTENT_TYPE)
