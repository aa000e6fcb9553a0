"""A body is received with a key only, and within limits of bytes and time."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.apps import App, started
from tunesmith.home import Home
from tunesmith.server.settings import MEBIBYTE

pytestmark = pytest.mark.slow
LARGE = 3 * MEBIBYTE


@pytest.fixture(scope="module")
def app(
    shared_home: Path, shared_exports: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    """An app with small limits."""
    home = Home(tmp_path_factory.mktemp("reception"))
    with started(home=home, body_bytes=1000, upload_bytes=MEBIBYTE, upload_seconds=0.0) as found:
        yield found


async def exchange(
    app: App, parts: list[bytes], path: str, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes, int]:
    """Send a body in parts, then nothing more; return status, headers, body and parts read."""
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "headers": pairs,
        "query_string": b"", "http_version": "1.1", "scheme": "http", "state": {},
        "server": ("a", 80), "client": ("b", 1), "root_path": "",
    }  # fmt: skip
    sent: list[Any] = []
    read = 0

    async def receive() -> Any:
        nonlocal read
        if read == len(parts):
            await asyncio.Event().wait()
        read += 1
        return {"type": "http.request", "body": parts[read - 1], "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    await app.app(scope, receive, send)
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(each.get("body", b"") for each in sent[1:]), read


def send(app: App, parts: list[bytes], path: str, **headers: str) -> Any:
    assert app.client.portal is not None
    given = {"transfer-encoding": "chunked", "content-type": "application/json", **headers}
    return app.client.portal.call(exchange, app, parts, path, given)


@pytest.mark.parametrize("path", ["/v1/datasets", "/v1/embed", "/v1/fits"])
def test_without_a_key_nothing_is_read(app: App, path: str) -> None:
    headers = {"content-length": str(LARGE), "content-type": "multipart/form-data; boundary=a"}
    status, found, body, read = send(app, [b"x"], path, **headers)
    assert (status, read) == (401, 0)
    assert b"key-needed" in body
    assert found["connection"] == "close"


def test_with_too_little_rights_nothing_is_read(app: App) -> None:
    headers = {**app.key("read"), "content-length": str(LARGE)}
    status, _, body, read = send(app, [b"x"], "/v1/datasets", **headers)
    assert (status, read) == (403, 0)
    assert b"not-allowed" in body


@pytest.mark.parametrize(
    ("path", "option"), [("/v1/embed", b"body_bytes"), ("/v1/datasets", b"upload_bytes")]
)
def test_an_announced_body_that_is_too_large_is_not_read(
    app: App, path: str, option: bytes
) -> None:
    kind = "multipart/form-data; boundary=a" if "datasets" in path else "application/json"
    headers = {**app.key("train"), "content-length": str(LARGE), "content-type": kind}
    status, found, body, read = send(app, [b"x"], path, **headers)
    assert (status, read) == (413, 0)
    assert b"too-large" in body
    assert option in body
    assert found["connection"] == "close"


def test_a_body_that_grows_too_large_is_not_read_to_its_end(app: App) -> None:
    parts = [b"x" * 600] * 2 + [b"y" * MEBIBYTE] * 3
    status, found, body, read = send(app, parts, "/v1/embed", **app.key("read"))
    assert (status, found["connection"]) == (413, "close")
    assert b"1,000 bytes" in body
    assert read == 3


def test_a_body_that_does_not_come_is_not_waited_for(app: App) -> None:
    """``upload_seconds`` is 0 here: however slow this machine is, the time is over."""
    status, found, body, _ = send(app, [], "/v1/embed", **app.key("read"))
    assert (status, found["connection"]) == (408, "close")
    assert b"too-slow" in body
    assert found["x-request-id"]
