"""Health and readiness, without a key."""

from fastapi import APIRouter, Response

from tunesmith.server.access import Served
from tunesmith.version import __version__

router = APIRouter(tags=["operations"])


@router.get("/health")
def health() -> dict[str, str]:
    """Answer as long as the process lives."""
    return {"status": "alive", "version": __version__}


@router.get("/ready")
def ready(served: Served, response: Response) -> dict[str, bool]:
    """Answer 200 once a first vector was computed, 503 before."""
    warm = any(served.inference.names())
    response.status_code = 200 if warm else 503
    return {"ready": warm}
