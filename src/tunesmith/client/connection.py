"""Requests to a server: the key, repeated attempts, and errors."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import httpx

from tunesmith.client.errors import Unreachable, error_of

Body: TypeAlias = Callable[[], Mapping[str, Any]]
"""Function that returns the arguments of a request; it is called for each attempt."""
Receive: TypeAlias = Callable[[httpx.Response], object]
"""Function that reads what an answer holds; if the connection is lost then, all is tried again."""

_BUSY: Final = frozenset({429, 503})
_LONGEST_WAIT = 60.0
# The server has not seen these requests, so that they may be sent again whatever they do.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Connection:
    """A server and a key.

    Parameters
    ----------
    url
        The address of the server.
    key
        The API key; empty if the server needs none.
    retries
        Number of further attempts after a lost connection, or if the server is busy.
    timeout
        Seconds to wait for an answer; None for no limit.
    transport
        Replaces the network; None for the network.
    sleep
        Waits for a number of seconds.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        retries: int = 5,
        timeout: float | None = 600.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.url, self._retries, self._sleep = url.rstrip("/"), retries, sleep
        limit = httpx.Timeout(timeout, connect=10.0)
        self._http = httpx.Client(
            base_url=f"{self.url}/v1", headers=headers, timeout=limit, transport=transport
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:
        """Return the answer to a GET request, from JSON."""
        return self.send("GET", path, lambda: {"params": params}).json()

    def post(
        self,
        path: str,
        values: Any = None,
        *,
        repeat: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the answer to a POST request.

        ``repeat`` is whether it may be sent again if the connection was lost before an answer.
        """
        body = {"headers": headers, **({} if values is None else {"json": values})}
        return self.send("POST", path, lambda: body, repeat=repeat).json()

    def send(
        self, method: str, path: str, body: Body = dict, *, repeat: bool = True
    ) -> httpx.Response:
        """Return the answer to a request, with its content.

        Raises
        ------
        Unreachable
            The connection was lost in every attempt.
        TunesmithError
            The server refused it.
        """
        with self.stream(method, path, body, repeat=repeat) as response:
            return response

    def save(self, path: str, file: Path) -> None:
        """Write the answer to a GET request to a file; it starts again if the connection is lost.

        Raises
        ------
        Unreachable
            The connection was lost in every attempt.
        TunesmithError
            The server refused it.
        """

        def write(response: httpx.Response) -> None:
            with file.open("wb") as out:
                out.writelines(response.iter_bytes())

        self._answer("GET", path, dict, True, write).close()

    @contextmanager
    def stream(
        self, method: str, path: str, body: Body = dict, *, repeat: bool = True, whole: bool = True
    ) -> Iterator[httpx.Response]:
        """Yield the answer to a request; its content is read at once if ``whole``.

        Raises
        ------
        Unreachable
            The connection was lost in every attempt.
        TunesmithError
            The server refused it.
        """
        receive: Receive = httpx.Response.read if whole else _leave
        response = self._answer(method, path, body, repeat, receive)
        try:
            yield response
        finally:
            response.close()

    def pause(self, attempt: int, error: httpx.TransportError) -> None:
        """Wait before another attempt after a lost connection.

        Raises
        ------
        Unreachable
            There were enough attempts.
        """
        if attempt >= self._retries:
            raise Unreachable(
                f"the server at {self.url} cannot be reached ({type(error).__name__})",
                hint="check the URL, and that it runs",
            ) from error
        self._sleep(min(0.5 * 2**attempt, _LONGEST_WAIT))

    def _answer(
        self, method: str, path: str, body: Body, repeat: bool, receive: Receive
    ) -> httpx.Response:
        attempt = 0
        while True:
            try:
                response = self._once(method, path, body, receive)
            except httpx.TransportError as error:
                self.pause(attempt if repeat or isinstance(error, _NOT_SENT) else 2**31, error)
            else:
                if response.status_code not in _BUSY or attempt >= self._retries:
                    return _checked(response)
                response.close()
                self._sleep(_seconds(response))
            attempt += 1

    def _once(self, method: str, path: str, body: Body, receive: Receive) -> httpx.Response:
        request = self._http.build_request(method, path, **body())
        response = self._http.send(request, stream=True)
        try:
            (receive if response.is_success else httpx.Response.read)(response)
        except BaseException:
            response.close()
            raise
        return response


def _leave(_response: httpx.Response) -> None:
    """Let the caller read it."""


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    try:
        fields = response.json()["error"]
    except (ValueError, KeyError, TypeError):  # something between us and the server answered
        fields = {"message": f"the server answered {response.status_code}"}
    after = response.headers.get("retry-after")
    more = {"retry_after": _seconds(response)} if after else {}
    raise error_of({**fields, **more}, response.status_code)


def _seconds(response: httpx.Response) -> float:
    """Return how long the server asks to wait, at most a minute."""
    given = response.headers.get("retry-after", "")
    return min(float(given), _LONGEST_WAIT) if given.isdecimal() else 1.0
