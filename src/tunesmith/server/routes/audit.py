"""The audit log, for admins."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from tunesmith.server.access import Admin, Served
from tunesmith.server.audit import AuditEntry
from tunesmith.server.routes.errors import ERRORS

router = APIRouter(prefix="/v1/audit", tags=["audit"], responses=ERRORS)
Number = Annotated[int, Field(ge=1, lt=2**63)]


@router.get("")
def audit(
    served: Served,
    _key: Admin,
    before: Annotated[Number | None, Query(description="only smaller numbers")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    key_id: Annotated[str | None, Query(max_length=80, description="only this key")] = None,
) -> list[AuditEntry]:
    """Return who did what, newest first; neither texts nor secrets are recorded."""
    return served.audit.entries(before, limit, key_id)
