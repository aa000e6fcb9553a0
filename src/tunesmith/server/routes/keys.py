"""API keys: list, create, revoke; for admins."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tunesmith.server.access import Admin, Served
from tunesmith.server.ids import NAME_LENGTH
from tunesmith.server.keys import LONGEST_SECONDS, StoredKey
from tunesmith.server.routes.errors import ERRORS

router = APIRouter(prefix="/v1/keys", tags=["keys"], responses=ERRORS)


class KeyAnswer(BaseModel):
    """An API key without its secret. Times are seconds since 1970."""

    id: str
    name: str
    role: Literal["read", "train", "admin"]
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    valid: bool = Field(description="neither expired nor revoked")


class NewKey(BaseModel):
    """A key to create."""

    name: str = Field(min_length=1, max_length=NAME_LENGTH, description="whose or what it is")
    role: Literal["read", "train", "admin"] = "read"
    expires_in: float | None = Field(
        None, gt=0, le=LONGEST_SECONDS, description="seconds until it expires; null: never"
    )


class CreatedKey(KeyAnswer):
    """A new key with its secret, which is not shown again."""

    key: str = Field(description="the secret, sent as `Authorization: Bearer KEY`")


@router.get("")
def list_keys(served: Served, _key: Admin) -> list[KeyAnswer]:
    """Return all keys, also expired and revoked ones, oldest first."""
    return [KeyAnswer(**_facts(each)) for each in served.keys.all()]


@router.post("", status_code=201)
def create(served: Served, _key: Admin, new: NewKey) -> CreatedKey:
    """Create a key; its secret is in this answer only."""
    stored, secret = served.keys.create(new.name, new.role, new.expires_in)
    return CreatedKey(**_facts(stored), key=secret)


@router.delete("/{key_id}")
def revoke(served: Served, _key: Admin, key_id: str) -> KeyAnswer:
    """Make a key invalid from now on; other processes accept it for 2 seconds more."""
    return KeyAnswer(**_facts(served.keys.revoke(key_id)))


def _facts(key: StoredKey) -> dict[str, Any]:
    facts = {name: getattr(key, name) for name in KeyAnswer.model_fields}
    return {**facts, "role": key.role.name.lower()}
