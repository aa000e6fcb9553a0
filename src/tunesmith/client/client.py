"""A client of a Tunesmith server."""

import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx

from tunesmith.client.connection import Connection
from tunesmith.client.fits import Fits
from tunesmith.client.judging import Judging
from tunesmith.client.use import Use
from tunesmith.errors import UsageError


class Client(Fits, Use, Judging):
    """A Tunesmith server, with the library's verbs.

    Errors of the server are raised as the library's own exceptions. Requests are repeated if the
    connection is lost or the server is busy, after the time that it asks for.

    Parameters
    ----------
    url
        The address of the server; by default ``TUNESMITH_SERVER``.
    key
        An API key; by default ``TUNESMITH_API_KEY``. A server on this machine may need none.
    retries
        Number of further attempts.
    timeout
        Seconds to wait for an answer; None for no limit.
    transport
        Replaces the network, for tests.
    sleep
        Waits for a number of seconds, for tests.

    Raises
    ------
    UsageError
        There is no address of a server.

    Examples
    --------
    >>> client = Client("http://127.0.0.1:8080")
    >>> model = client.fit("tickets.csv", budget="2m")                       # doctest: +SKIP
    >>> client.classify(model, ["my order is late"])[0].label                # doctest: +SKIP
    'order'
    >>> client.embed("support@production", ["late parcel"]).shape            # doctest: +SKIP
    (1, 384)
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        retries: int = 5,
        timeout: float | None = 600.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        address = url or os.environ.get("TUNESMITH_SERVER", "")
        if not address.startswith(("http://", "https://")):
            raise UsageError(
                f"{address!r} is not the address of a server",
                hint="give a URL such as http://127.0.0.1:8080, or set TUNESMITH_SERVER",
                option="url",
            )
        secret = os.environ.get("TUNESMITH_API_KEY", "") if key is None else key
        self._connection = Connection(
            address, secret, retries=retries, timeout=timeout, transport=transport, sleep=sleep
        )

    @property
    def url(self) -> str:
        """The address of the server."""
        return self._connection.url

    def close(self) -> None:
        """Close the connections to the server."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Return the client; its connections are closed after the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def __repr__(self) -> str:
        """Return the address, without the key."""
        return f"Client({self.url!r})"
