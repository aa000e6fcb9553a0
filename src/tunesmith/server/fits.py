"""Fits that were asked for: their state, their events, and how they are stopped."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, RowMapping

from tunesmith.server.faults import NotFound, NotReady
from tunesmith.server.ids import new_id, shown_name
from tunesmith.server.metadata.rows import kept_row, kept_rows
from tunesmith.server.metadata.tables import fit_events, fits
from tunesmith.server.once import Claim

OTHER_DATASETS = ("test", "validation", "documents", "domain")
"""Options of a fit that name further data sets."""


class Status(StrEnum):
    """The state of a fit."""

    QUEUED = "queued"
    TRAINING = "training"
    DEPLOYING = "deploying"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more happens."""
        return self in {Status.READY, Status.FAILED, Status.CANCELLED}


@dataclass(frozen=True)
class StoredFit:
    """A fit in the server; the model that it makes has the same id.

    Parameters
    ----------
    id
        The id of the fit and of its model.
    name
        The name that people see.
    dataset_id
        The data set to learn from.
    request
        The options, as in :class:`~tunesmith.fitting.FitRequest`; data sets are given by id.
    status
        The state.
    error
        Why it failed, with ``code`` and ``message``; None if it did not.
    attempt
        How often a worker has started it.
    worker
        The worker that runs it.
    origin
        Anything that a dialect wants to keep, as JSON values.
    created_at, started_at, finished_at
        Seconds since 1970.
    created_by
        The id of the API key.
    """

    id: str
    name: str
    dataset_id: str
    request: Mapping[str, Any]
    status: Status
    error: Mapping[str, Any] | None
    attempt: int
    worker: str | None
    origin: Mapping[str, Any]
    created_at: float
    created_by: str | None
    started_at: float | None
    finished_at: float | None

    @property
    def datasets(self) -> tuple[str, ...]:
        """The ids of all data sets that it reads."""
        others = (self.request.get(name) for name in OTHER_DATASETS)
        return (self.dataset_id, *(str(each) for each in others if each is not None))


@dataclass(frozen=True)
class StoredEvent:
    """An event of a fit, numbered from 1."""

    number: int
    created_at: float
    event: Mapping[str, Any]


class FitStore:
    """The fits of a server.

    Parameters
    ----------
    engine
        The database of metadata.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(
        self,
        dataset_id: str,
        request: Mapping[str, Any],
        *,
        name: str,
        created_by: str | None = None,
        origin: Mapping[str, Any] | None = None,
        claim: Claim | None = None,
    ) -> StoredFit:
        """Store a new fit as queued.

        Raises
        ------
        IntegrityError
            The request was sent before: :meth:`claimed` returns its fit.
        """
        ident = new_id("tune")
        values = {
            "id": ident,
            "name": shown_name(name),
            "dataset_id": dataset_id,
            "request": dict(request),
            "status": Status.QUEUED,
            "attempt": 0,
            "origin": dict(origin or {}),
            "created_at": time.time(),
            "created_by": created_by,
        }
        with self._engine.begin() as connection:
            if claim is not None:
                claim.take(connection, ident)
            connection.execute(fits.insert().values(**values))
            _add_event(connection, ident, {"event": "status", "status": Status.QUEUED})
        return self.get(ident)

    def claimed(self, claim: Claim | None) -> StoredFit | None:
        """Return the fit that a request has started when it was sent before; None if there is none.

        A fit that failed, was cancelled or deleted counts only if the client gave a key: without
        one, the request is a new one then.

        Raises
        ------
        KeyReused
            The client gave the same key to another request.
        NotFound
            The fit was deleted.
        """
        with self._engine.connect() as connection:
            ident = None if claim is None else claim.find(connection)
        if claim is None or ident is None:
            return None
        if claim.named:
            return self.get(ident)
        row = kept_row(self._engine, fits, ident)
        fit = None if row is None else _stored(row)
        ended = fit is None or fit.status in {Status.FAILED, Status.CANCELLED}
        return None if ended else fit

    def get(self, ident: str) -> StoredFit:
        """Return a fit.

        Raises
        ------
        NotFound
            There is none with this id.
        """
        row = kept_row(self._engine, fits, ident)
        if row is None:
            raise NotFound(f"there is no fit {ident!r}", hint="list them with GET /v1/fits")
        return _stored(row)

    def all(self, status: Sequence[Status] | None = None) -> list[StoredFit]:
        """Return the fits, newest first; only those in a state if any is given."""
        conditions = () if status is None else (fits.c.status.in_(status),)
        return [_stored(row) for row in kept_rows(self._engine, fits, *conditions)]

    def counts(self) -> dict[str, int]:
        """Return the number of fits in each state."""
        number = sa.func.count().label("number")
        query = sa.select(fits.c.status, number).where(fits.c.deleted_at.is_(None))
        with self._engine.connect() as connection:
            found = {row.status: row.number for row in connection.execute(query.group_by("status"))}
        return {str(status): found.get(str(status), 0) for status in Status}

    def needing(self, dataset: str) -> list[StoredFit]:
        """Return the fits that have not ended and read a data set."""
        unended = self.all([each for each in Status if not each.ended])
        return [fit for fit in unended if dataset in fit.datasets]

    def start(self, ident: str, worker: str) -> int | None:
        """Let a worker begin or continue a fit; return its attempt, None if it has ended."""
        now = time.time()
        open_fit = sa.and_(fits.c.id == ident, fits.c.status.in_([Status.QUEUED, Status.TRAINING]))
        values = {
            "status": Status.TRAINING,
            "worker": worker,
            "attempt": fits.c.attempt + 1,
            "started_at": sa.func.coalesce(fits.c.started_at, now),
        }
        with self._engine.begin() as connection:
            if not connection.execute(fits.update().where(open_fit).values(**values)).rowcount:
                return None
            _add_event(connection, ident, {"event": "status", "status": Status.TRAINING})
            attempt = sa.select(fits.c.attempt).where(fits.c.id == ident)
            return int(connection.execute(attempt).scalar_one())

    def move(
        self,
        ident: str,
        status: Status,
        *,
        attempt: int | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> bool:
        """Change the state of a fit that has not ended; return whether it was changed.

        With an attempt, only if no later one has begun: a worker that was taken for dead must not
        change what its successor does.
        """
        current = sa.and_(
            fits.c.id == ident, fits.c.status.in_([each for each in Status if not each.ended])
        )
        if attempt is not None:
            current = sa.and_(current, fits.c.attempt == attempt)
        ended = {"finished_at": time.time()} if status.ended else {}
        change = fits.update().where(current).values(status=status, error=error, **ended)
        with self._engine.begin() as connection:
            if not connection.execute(change).rowcount:
                return False
            event = {"event": "status", "status": status}
            _add_event(connection, ident, event if error is None else {**event, "error": error})
        return True

    def command(self, ident: str, word: str, seconds: float = 0.0) -> StoredFit:
        """Ask a fit to ``stop`` (and judge what is finished), ``cancel``, or ``extend`` its time.

        A fit that no worker has begun is cancelled at once. The time that was added is kept with
        every later command, so that a fit that is taken over gets all of it.

        Raises
        ------
        NotReady
            It has ended.
        """
        fit = self.get(ident)
        if fit.status.ended or fit.status is Status.DEPLOYING:
            raise NotReady(f"fit {ident} has ended ({fit.status})", hint="start a new one")
        with self._engine.begin() as connection:
            extra = _extra(connection, ident) + seconds
            order = {"word": word, "seconds": seconds, "number": time.time(), "extra": extra}
            connection.execute(fits.update().where(fits.c.id == ident).values(command=order))
            if seconds:
                _add_event(connection, ident, {"event": "extended", "seconds": seconds})
        if word == "cancel" and fit.status is Status.QUEUED:
            self.move(ident, Status.CANCELLED, attempt=fit.attempt)
        return self.get(ident)

    def last_command(self, ident: str) -> Mapping[str, Any] | None:
        """Return the last command, None if there is none.

        It has ``word``, ``seconds``, ``number`` and ``extra``, the seconds added by all commands.
        """
        query = sa.select(fits.c.command).where(fits.c.id == ident)
        with self._engine.connect() as connection:
            found: Mapping[str, Any] | None = connection.execute(query).scalar()
        return found

    def retry(self, ident: str) -> StoredFit:
        """Queue a fit again that failed or was cancelled.

        Raises
        ------
        NotReady
            It is queued, running or ready.
        """
        fit = self.get(ident)
        if fit.status not in {Status.FAILED, Status.CANCELLED}:
            raise NotReady(f"fit {ident} is {fit.status}", hint="only failed fits are tried again")
        values: dict[str, Any] = {"status": Status.QUEUED, "error": None, "finished_at": None}
        with self._engine.begin() as connection:
            extra = _extra(connection, ident)
            order = {"word": "", "seconds": 0.0, "number": time.time(), "extra": extra}
            values["command"] = order if extra else sa.null()
            connection.execute(fits.update().where(fits.c.id == ident).values(**values))
            _add_event(connection, ident, {"event": "status", "status": Status.QUEUED})
        return self.get(ident)

    def update(self, ident: str, **values: Any) -> StoredFit:
        """Change the name or the origin of a fit."""
        self.get(ident)
        with self._engine.begin() as connection:
            connection.execute(fits.update().where(fits.c.id == ident).values(**values))
        return self.get(ident)

    def delete(self, ident: str) -> None:
        """Delete a fit; one that runs is cancelled first."""
        fit = self.get(ident)
        if not fit.status.ended:
            self.move(ident, Status.CANCELLED)
        with self._engine.begin() as connection:
            gone = fits.update().where(fits.c.id == ident).values(deleted_at=time.time())
            connection.execute(gone)

    def add_events(self, ident: str, attempt: int, events: Sequence[Mapping[str, Any]]) -> bool:
        """Add events of an attempt; return False if a later one has begun or the fit has ended."""
        running = sa.and_(
            fits.c.id == ident, fits.c.status == Status.TRAINING, fits.c.attempt == attempt
        )
        # An update that changes nothing locks the row, so that numbers are given once.
        lock = fits.update().where(running).values(attempt=attempt)
        with self._engine.begin() as connection:
            if not connection.execute(lock).rowcount:
                return False
            for event in events:
                _add_event(connection, ident, event)
        return True

    def events(self, ident: str, after: int = 0) -> list[StoredEvent]:
        """Return the events of a fit after a number, oldest first."""
        query = (
            sa.select(fit_events)
            .where(fit_events.c.fit_id == ident, fit_events.c.number > after)
            .order_by(fit_events.c.number)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [StoredEvent(row["number"], row["created_at"], row["event"]) for row in rows]


class Follower:
    """Reads the events of a fit as they come, from a number on."""

    def __init__(self, store: FitStore, ident: str, after: int = 0) -> None:
        self._store, self._ident, self.last = store, ident, after

    def new(self) -> tuple[list[StoredEvent], bool]:
        """Return the events since the last call, and whether there will be no more."""
        ended = self._store.get(self._ident).status.ended  # looked at first: no event comes after
        found = self._store.events(self._ident, self.last)
        self.last = found[-1].number if found else self.last
        return found, ended


def _extra(connection: sa.Connection, ident: str) -> float:
    """Return the seconds that all commands have added; the row is locked until the end."""
    row = fits.c.id == ident
    connection.execute(fits.update().where(row).values(attempt=fits.c.attempt))
    before = connection.execute(sa.select(fits.c.command).where(row)).scalar() or {}
    return float(before.get("extra", 0.0))


def _add_event(connection: sa.Connection, ident: str, event: Mapping[str, Any]) -> None:
    newest = sa.select(sa.func.max(fit_events.c.number)).where(fit_events.c.fit_id == ident)
    number = int(connection.execute(newest).scalar() or 0) + 1
    values = {"fit_id": ident, "number": number, "created_at": time.time(), "event": dict(event)}
    connection.execute(fit_events.insert().values(**values))


def _stored(row: RowMapping) -> StoredFit:
    values = {name: row[name] for name in StoredFit.__dataclass_fields__}
    return StoredFit(**{**values, "status": Status(values["status"])})
