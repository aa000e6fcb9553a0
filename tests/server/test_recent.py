"""Verified keys are remembered for seconds; a revoked one is forgotten at once."""

from typing import TYPE_CHECKING

from tunesmith.server.keys import REMEMBERED_SECONDS, KeyStore
from tunesmith.server.metadata.tables import keys
from tunesmith.server.recent import Recent

if TYPE_CHECKING:
    from tunesmith.server.stores import Stores


class Clock:
    """A clock that stands still until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_forgotten_in_time() -> None:
    clock = Clock()
    recent: Recent[str] = Recent(2.0, clock)
    recent.put("a", "b", recent.generation)
    clock.now = 1.9
    assert recent.get("a") == "b"
    clock.now = 2.0
    assert recent.get("a") is None


def test_a_value_from_before_is_not_put() -> None:
    """A key may be revoked between the query that found it and its return."""
    recent: Recent[str] = Recent(2.0, lambda: 0.0)
    before = recent.generation
    recent.clear()
    recent.put("a", "b", before)
    assert recent.get("a") is None


def test_a_key_is_looked_up_once(stores: "Stores") -> None:
    _, secret = stores.keys.create("a")
    assert stores.keys.recent(secret) is None
    assert stores.keys.find(secret) == stores.keys.recent(secret)


def test_a_key_revoked_here_ends_at_once(stores: "Stores") -> None:
    key, secret = stores.keys.create("a")
    stores.keys.find(secret)
    stores.keys.revoke(key.id)
    assert stores.keys.recent(secret) is None


def test_a_key_revoked_elsewhere_ends_within_two_seconds(stores: "Stores") -> None:
    """Another process has a cache of its own."""
    clock = Clock()
    key, secret = stores.keys.create("a")
    stores.keys._recent = Recent(REMEMBERED_SECONDS, clock)
    stores.keys.find(secret)
    KeyStore(stores.engine).revoke(key.id)
    assert stores.keys.recent(secret) is not None
    clock.now = REMEMBERED_SECONDS
    assert stores.keys.recent(secret) is None
    assert stores.keys.find(secret) is None
    assert REMEMBERED_SECONDS <= 5


def test_a_remembered_key_expires(stores: "Stores") -> None:
    key, secret = stores.keys.create("a", expires_in=1000.0)
    stores.keys.find(secret)
    with stores.engine.begin() as connection:
        connection.execute(keys.update().where(keys.c.id == key.id).values(expires_at=1.0))
    stores.keys._recent.clear()
    stores.keys.find(secret)
    assert stores.keys.recent(secret) is None
