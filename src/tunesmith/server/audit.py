"""The audit log: who did what to which thing, without texts and secrets."""

import time
from dataclasses import dataclass
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from tunesmith.server.answered import Answered
from tunesmith.server.keys import Role
from tunesmith.server.metadata.tables import audit

_REFUSED = frozenset({401, 403})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_WAITING = 10_000
_BATCH = 500
_FLUSH_SECONDS = 10.0
_Waiting = dict[str, Any] | Event | None
_log = structlog.get_logger()


@dataclass(frozen=True)
class AuditEntry:
    """An entry of the audit log.

    Parameters
    ----------
    number
        Entries are numbered in the order in which they were written.
    at
        Seconds since 1970.
    key_id
        The id of the API key; None without a valid one.
    action
        Method and template of the path.
    target
        The id in the path, or the id that was made or used.
    status
        The HTTP status of the answer.
    request_id
        The id of the request.
    """

    number: int
    at: float
    key_id: str | None
    action: str
    target: str | None
    status: int
    request_id: str


class AuditLog:
    """Writes entries in a thread of its own, several at once.

    It records requests that are refused (401, 403), and those that are not a GET. Requests that
    only use a model, such as ``POST /v1/embed``, are recorded if ``with_use`` is set.

    Parameters
    ----------
    engine
        The database of metadata.
    with_use
        Whether to record also the use of models: an entry for each request.
    """

    def __init__(self, engine: Engine, *, with_use: bool = False) -> None:
        self._engine, self._with_use = engine, with_use
        self._queue: Queue[_Waiting] = Queue(_WAITING)
        self._thread = Thread(target=self._write_forever, name="audit", daemon=True)
        self._thread.start()

    def add(self, answered: Answered) -> None:
        """Record a request if it has to be; this returns at once."""
        if self._is_recorded(answered):
            self._put(_values(answered))

    def entries(
        self, before: int | None = None, limit: int = 100, key_id: str | None = None
    ) -> list[AuditEntry]:
        """Return entries, newest first, of all requests that were answered until now.

        Parameters
        ----------
        before
            Only entries with a smaller number.
        limit
            Maximum number of entries.
        key_id
            Only entries of a key.
        """
        self._flush()
        query = sa.select(audit).order_by(audit.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.number < before)
        if key_id is not None:
            query = query.where(audit.c.key_id == key_id)
        with self._engine.connect() as connection:
            return [AuditEntry(**row) for row in connection.execute(query).mappings()]

    def close(self) -> None:
        """Write what is waiting, and end the thread."""
        self._queue.put(None)
        self._thread.join(_FLUSH_SECONDS)

    def _is_recorded(self, answered: Answered) -> bool:
        if answered.status in _REFUSED:
            return True
        if answered.method in _READING:
            return False
        return self._with_use or answered.role is not Role.READ

    def _put(self, item: dict[str, Any] | Event) -> None:
        try:
            self._queue.put_nowait(item)
        except Full:
            _log.error("audit entry lost", reason="too many are waiting")

    def _flush(self) -> None:
        written = Event()
        self._put(written)
        written.wait(_FLUSH_SECONDS)

    def _write_forever(self) -> None:
        going = True
        while going:
            batch = self._batch()
            going = None not in batch
            self._write([each for each in batch if isinstance(each, dict)])
            for each in batch:
                if isinstance(each, Event):
                    each.set()

    def _batch(self) -> list[_Waiting]:
        found = [self._queue.get()]
        try:
            while len(found) < _BATCH:
                found.append(self._queue.get_nowait())
        except Empty:
            pass
        return found

    def _write(self, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        try:
            with self._engine.begin() as connection:
                connection.execute(audit.insert(), rows)
        except SQLAlchemyError as error:
            _log.error("audit entries lost", number=len(rows), reason=type(error).__name__)


def _values(answered: Answered) -> dict[str, Any]:
    return {
        "at": time.time(),
        "key_id": answered.key_id,
        "action": f"{answered.method} {answered.route}",
        "target": answered.target,
        "status": answered.status,
        "request_id": answered.request_id,
    }
