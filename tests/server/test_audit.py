"""The audit log records changes and refusals, in a thread of its own, and no text."""

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tunesmith.server import audit as module
from tunesmith.server.answered import Answered
from tunesmith.server.audit import AuditLog
from tunesmith.server.keys import Role
from tunesmith.server.metadata.tables import audit

if TYPE_CHECKING:
    from tunesmith.server.stores import Stores


def answered(
    method: str = "DELETE", role: Role | None = Role.TRAIN, status: int = 200, number: int = 1
) -> Answered:
    return Answered(
        method, "/v1/models/{model}", role, "key-1", "tune-1", status, 0.1, f"r{number}"
    )


def test_who_did_what_is_recorded(stores: "Stores") -> None:
    log = AuditLog(stores.engine)
    log.add(answered())
    (entry,) = log.entries()
    assert (entry.key_id, entry.action, entry.target, entry.status, entry.request_id) == (
        "key-1", "DELETE /v1/models/{model}", "tune-1", 200, "r1",
    )  # fmt: skip
    log.close()


@pytest.mark.parametrize(
    ("request_", "with_use", "recorded"),
    [
        (answered("GET"), False, False),
        (answered("GET", status=401), False, True),
        (answered("GET", status=403), False, True),
        (answered("POST", Role.READ), False, False),
        (answered("POST", Role.READ, 403), False, True),
        (answered("POST", Role.READ), True, True),
        (answered("POST", Role.TRAIN, 500), False, True),
        (answered("POST", None, 404), False, True),
    ],
)
def test_what_is_recorded(
    stores: "Stores", request_: Answered, with_use: bool, recorded: bool
) -> None:
    log = AuditLog(stores.engine, with_use=with_use)
    log.add(request_)
    assert bool(log.entries()) is recorded
    log.close()


def test_entries_are_read_in_pages_newest_first(stores: "Stores") -> None:
    log = AuditLog(stores.engine)
    for number in range(5):
        log.add(answered(number=number))
    first = log.entries(limit=2)
    assert [each.request_id for each in first] == ["r4", "r3"]
    rest = log.entries(before=first[-1].number)
    assert [each.request_id for each in rest] == ["r2", "r1", "r0"]
    assert log.entries(key_id="key-2") == []
    log.close()


def test_what_waits_is_written_before_the_end(stores: "Stores") -> None:
    log = AuditLog(stores.engine)
    for number in range(600):
        log.add(answered(number=number))
    log.close()
    with stores.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(audit)).scalar() == 600


def test_a_database_that_fails_ends_nothing(
    stores: "Stores", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries are lost then, which the log says; the next ones are written."""
    lost: list[str] = []
    monkeypatch.setattr(
        module._log, "error", lambda words, **_facts: lost.append(words), raising=False
    )
    log = AuditLog(stores.engine)
    audit.drop(stores.engine)
    log.add(answered())
    log._flush()
    audit.create(stores.engine)
    log.add(answered())
    assert len(log.entries()) == 1
    assert lost == ["audit entries lost"]
    log.close()
