"""A connection whose headers do not come, or do not end, is closed."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from tunesmith.server import connections
from tunesmith.server.connections import HEADER_BYTES, PatientProtocol

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer every request."""
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
    )
    await send({"type": "http.response.body", "body": b"ok"})


@contextmanager
def connected() -> Iterator[socket.socket]:
    """Yield a connection to a server in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, http=PatientProtocol, lifespan="off", log_level="critical")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            with socket.create_connection(listening.getsockname(), timeout=60) as connection:
                yield connection
        finally:
            server.should_exit = True
            thread.join()


def is_closed(connection: socket.socket) -> bool:
    """Wait until the server closes the connection."""
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nX-A"])
def test_headers_that_do_not_come_in_time(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.1)
    with connected() as connection:
        connection.sendall(sent)
        assert is_closed(connection)


def test_headers_of_a_further_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with connected() as connection:
        connection.sendall(REQUEST)
        assert b"ok" in connection.recv(1000)
        monkeypatch.setattr(connections, "HEADER_SECONDS", 0.1)
        connection.sendall(b"GET / HT")
        assert is_closed(connection)


def test_headers_without_end() -> None:
    with connected() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        try:
            for _ in range(100):
                connection.sendall(b"X-A: " + b"a" * HEADER_BYTES + b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            return
        assert is_closed(connection)


def test_requests_on_one_connection_are_answered() -> None:
    with connected() as connection:
        for _ in range(3):
            connection.sendall(REQUEST)
            assert b"ok" in connection.recv(1000)
