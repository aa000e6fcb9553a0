"""Requests that a client sends again, so that a fit is started once.

A client that gives an ``Idempotency-Key`` says itself which requests are one. The clients of Cohere
and OpenAI give none and repeat requests all the same: theirs are recognised by their content.
"""

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Header

from tunesmith.server.faults import KeyReused
from tunesmith.server.metadata.tables import idempotency

_KEPT_SECONDS = 24 * 3600.0

IdempotencyKey = Annotated[
    str | None,
    Header(max_length=255, description="the same for every attempt to start one fit"),
]


@dataclass(frozen=True)
class Sent:
    """How a client has sent a request to start a fit.

    Parameters
    ----------
    key
        The header ``Idempotency-Key``; None or empty without.
    within
        Without a key: seconds in which the same request is one that the client repeats. 0 for a
        first attempt that others may follow, None if no request is taken for a repeated one.
    """

    key: str | None = None
    within: float | None = None

    def claim(self, owner: str | None, content: Any) -> "Claim | None":
        """Return what recognises the request; None if nothing does.

        Parameters
        ----------
        owner
            The id of the API key.
        content
            The content of the request, as JSON values.
        """
        written = json.dumps(content, sort_keys=True, default=str)
        digest, now = hashlib.sha256(written.encode("utf-8", "replace")).hexdigest(), time.time()
        if self.key:
            return Claim(owner or "", f"key:{self.key}", digest, now - _KEPT_SECONDS, named=True)
        if self.within is None:
            return None
        return Claim(owner or "", f"same:{digest}", digest, now - self.within, named=False)


@dataclass(frozen=True)
class Claim:
    """A row of the table ``idempotency``: which fit the request of an owner has started.

    Parameters
    ----------
    owner
        The id of the API key; empty without keys.
    key
        What the client or the content calls the request.
    digest
        The digest of the content.
    since
        The earliest time of a request that counts, in seconds since 1970.
    named
        Whether the client gave the key itself.
    """

    owner: str
    key: str
    digest: str
    since: float
    named: bool

    def find(self, connection: sa.Connection) -> str | None:
        """Return the id of the fit that the request has started; None if it has not.

        Raises
        ------
        KeyReused
            The client gave the same key to another request.
        """
        query = sa.select(idempotency).where(self._own, idempotency.c.created_at > self.since)
        row = connection.execute(query).mappings().first()
        if row is None:
            return None
        if row["digest"] != self.digest:
            raise KeyReused(
                "this Idempotency-Key was sent with another request before",
                hint="give each request a key of its own, and the same only to its repetitions",
            )
        return str(row["fit_id"])

    def take(self, connection: sa.Connection, fit_id: str) -> None:
        """Note the fit that the request starts, in the transaction that stores it.

        Raises
        ------
        IntegrityError
            The same request was faster; the transaction ends without a second fit.
        """
        old = idempotency.c.created_at <= time.time() - _KEPT_SECONDS
        connection.execute(idempotency.delete().where(old if self.named else old | self._own))
        row = {"owner": self.owner, "key": self.key, "digest": self.digest, "fit_id": fit_id}
        connection.execute(idempotency.insert().values(**row, created_at=time.time()))

    @property
    def _own(self) -> "sa.ColumnElement[bool]":
        return sa.and_(idempotency.c.owner == self.owner, idempotency.c.key == self.key)
