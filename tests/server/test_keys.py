"""API keys are random, stored as digests, and valid until they expire or are revoked."""

import math
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tunesmith.errors import UsageError
from tunesmith.server.faults import NotFound
from tunesmith.server.keys import Role
from tunesmith.server.metadata.tables import keys

if TYPE_CHECKING:
    from tunesmith.server.stores import Stores


def test_a_key_is_found_by_its_secret_only(stores: "Stores") -> None:
    key, secret = stores.keys.create("support", "train")
    assert stores.keys.find(secret) == key
    assert key.role is Role.TRAIN
    for wrong in ("", secret[:-1], secret + "x", key.id, secret.upper()):
        assert stores.keys.find(wrong) is None


def test_the_secret_is_not_stored(stores: "Stores") -> None:
    _, secret = stores.keys.create("support")
    with stores.engine.connect() as connection:
        row = connection.execute(sa.select(keys)).one()
    assert secret not in str(row)


def test_a_revoked_or_expired_key_is_not_found(stores: "Stores") -> None:
    revoked, first = stores.keys.create("a")
    stores.keys.revoke(revoked.id)
    _, second = stores.keys.create("b", expires_in=1e-9)
    assert stores.keys.find(first) is None
    assert stores.keys.find(second) is None
    assert [key.valid for key in stores.keys.all()] == [False, False]


@pytest.mark.parametrize(
    ("name", "expires_in"),
    [("", None), ("\t", None), ("a" * 201, None), *(("a", n) for n in (0.0, -1.0, 1e14, math.nan))],
)
def test_names_and_times_that_http_refuses_too(
    stores: "Stores", name: str, expires_in: float | None
) -> None:
    with pytest.raises(UsageError):
        stores.keys.create(name, "read", expires_in)
    assert stores.keys.all() == []


def test_unknown_roles_and_keys_are_refused(stores: "Stores") -> None:
    with pytest.raises(UsageError, match="use read, train or admin"):
        stores.keys.create("a", "owner")
    with pytest.raises(NotFound, match="key-none"):
        stores.keys.revoke("key-none")
