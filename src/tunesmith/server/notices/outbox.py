"""Notices that are to be sent: stored with the end of a fit, sent once, again after a failure."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import sqlalchemy as sa
import structlog
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.engine import Engine

from tunesmith.errors import TunesmithError
from tunesmith.server.fits import FitStore, Status, StoredFit
from tunesmith.server.metadata.tables import fits, notices
from tunesmith.server.notices.mail import send_mail
from tunesmith.server.notices.settings import NoticeSettings
from tunesmith.server.notices.webhook import send_webhook

MAX_ATTEMPTS = 8
_FIRST_SECONDS, _LONGEST_SECONDS = 5.0, 3600.0
_LOOK_SECONDS = 1.0
# Notices that are switched on later say nothing of fits that ended before.
_RECENT_SECONDS = 24 * 3600.0
# Other processes must not send a notice that is being sent.
_CLAIM_SECONDS = 60.0
_log = structlog.get_logger()


@dataclass(frozen=True)
class Due:
    """A notice that is to be sent now."""

    number: int
    fit_id: str
    channel: str
    attempts: int


class Outbox:
    """The notices of a server.

    Parameters
    ----------
    engine
        The database of metadata.
    fits
        The fits.
    settings
        Where notices go.
    """

    def __init__(self, engine: Engine, fits: FitStore, settings: NoticeSettings) -> None:
        self._engine, self._fits, self._settings = engine, fits, settings

    def send_due(self) -> int:
        """Send what is due; return the number of notices that arrived."""
        if not self._settings.channels:
            return 0
        self._collect()
        return sum(self._send(notice) for notice in self._claim())

    def _collect(self) -> None:
        """Store a notice for each channel of each fit that has ended and has none yet."""
        recent = fits.c.finished_at > time.time() - _RECENT_SECONDS
        ended = sa.and_(recent, fits.c.status.in_([Status.READY, Status.FAILED]))
        # Another process may do the same at this moment: then it stores them.
        with suppress(sa.exc.IntegrityError), self._engine.begin() as connection:
            for channel in self._settings.channels:
                known = sa.select(notices.c.fit_id).where(notices.c.channel == channel)
                new = sa.select(fits.c.id).where(ended, fits.c.id.not_in(known))
                for ident in connection.execute(new).scalars().all():
                    row = {"fit_id": ident, "channel": channel, "attempts": 0, "due_at": 0.0}
                    connection.execute(notices.insert().values(**row))

    def _claim(self) -> list[Due]:
        """Return the notices that are due, which no other process will send for a while."""
        now = time.time()
        due = sa.select(notices).where(notices.c.sent_at.is_(None), notices.c.due_at <= now)
        found = []
        with self._engine.begin() as connection:
            for row in connection.execute(due).mappings().all():
                mine = notices.update().where(
                    notices.c.number == row["number"], notices.c.due_at == row["due_at"]
                )
                claim = mine.values(due_at=now + _CLAIM_SECONDS, attempts=row["attempts"] + 1)
                if connection.execute(claim).rowcount:
                    values = {name: row[name] for name in ("number", "fit_id", "channel")}
                    found.append(Due(**values, attempts=row["attempts"] + 1))
        return found

    def _send(self, notice: Due) -> bool:
        try:
            _CHANNELS[notice.channel](self._settings, content(self._fits.get(notice.fit_id)))
        except (OSError, httpx.HTTPError, TunesmithError) as error:
            self._postpone(notice, type(error).__name__)
            return False
        with self._engine.begin() as connection:
            sent = notices.update().where(notices.c.number == notice.number)
            connection.execute(sent.values(sent_at=time.time(), error=None))
        return True

    def _postpone(self, notice: Due, error: str) -> None:
        wait = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2 ** (notice.attempts - 1))
        again = None if notice.attempts >= MAX_ATTEMPTS else time.time() + wait
        _log.warning("notice not sent", channel=notice.channel, fit=notice.fit_id, error=error)
        with self._engine.begin() as connection:
            late = notices.update().where(notices.c.number == notice.number)
            connection.execute(late.values(due_at=again, error=error))


async def notify_forever(outbox: Outbox) -> None:
    """Send notices as they become due, until the task is cancelled."""
    while True:
        await run_in_threadpool(outbox.send_due)
        await asyncio.sleep(_LOOK_SECONDS)


def content(fit: StoredFit) -> dict[str, Any]:
    """Return what a notice says: ids, state and error, and no text of the data."""
    return {
        "event": f"fit.{fit.status}",
        "fit": fit.id,
        "model": fit.id if fit.status is Status.READY else None,
        "name": fit.name,
        "error": None if fit.error is None else {"code": fit.error["code"]},
        "finished_at": fit.finished_at,
    }


def send_test(settings: NoticeSettings) -> dict[str, str]:
    """Send a test message by every channel; return what went wrong by channel, empty if nothing.

    Examples
    --------
    >>> send_test(NoticeSettings())
    {}
    """
    return {channel: _tested(settings, channel) for channel in settings.channels}


def _tested(settings: NoticeSettings, channel: str) -> str:
    message = {"event": "test", "fit": None, "model": None, "name": "test", "error": None}
    try:
        _CHANNELS[channel](settings, {**message, "finished_at": time.time()})
    except TunesmithError as error:
        return str(error)
    except (OSError, httpx.HTTPError) as error:
        return f"it was not sent ({type(error).__name__}: {error})"
    return ""


def _webhook(settings: NoticeSettings, said: Mapping[str, Any]) -> None:
    send_webhook(settings, json.dumps(said).encode())


def _mail(settings: NoticeSettings, said: Mapping[str, Any]) -> None:
    if said["event"] == "test":
        send_mail(settings, "Test message of Tunesmith", "Notices of fits arrive here.\n")
        return
    state = "is ready" if said["model"] else "failed"
    lines = [f"{name}: {value}" for name, value in said.items() if value is not None]
    send_mail(settings, f"Model {said['name']} {state}", "\n".join(lines) + "\n")


_CHANNELS: Mapping[str, Callable[[NoticeSettings, Mapping[str, Any]], None]] = {
    "webhook": _webhook,
    "mail": _mail,
}
