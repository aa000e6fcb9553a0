"""Lost connections, busy servers and errors, with a server that is a function."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

import tunesmith
from tunesmith.client import Client, RemoteError, Unreachable
from tunesmith.client.sse import follow
from tunesmith.errors import DataError, FaultyRows, Overloaded, UnknownModel, UsageError

Handler = Callable[[httpx.Request], httpx.Response]
OK = httpx.Response(200, json={})


@pytest.fixture
def slept() -> list[float]:
    """The seconds that a client has waited."""
    return []


@pytest.fixture
def client_of(slept: list[float]) -> Callable[[Handler], Client]:
    def make(handler: Handler) -> Client:
        transport = httpx.MockTransport(handler)
        return Client("http://server/", "secret", transport=transport, sleep=slept.append)

    return make


def answers(*given: httpx.Response | Exception) -> Handler:
    """A server that gives these answers, one after the other."""
    left = iter(given)

    def answer(request: httpx.Request) -> httpx.Response:
        found = next(left)
        if isinstance(found, Exception):
            raise found
        assert request.headers["authorization"] == "Bearer secret"
        return found

    return answer


def refused(status: int, retry_after: str | None = None, **fields: object) -> httpx.Response:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return httpx.Response(status, json={"error": fields}, headers=headers)


def test_a_busy_server_is_asked_again_when_it_says(
    client_of: Callable[[Handler], Client], slept: list[float]
) -> None:
    client = client_of(answers(refused(429, "7"), refused(503, "2"), OK))
    assert client.aliases() == {}
    assert slept == [7, 2]


def test_a_server_that_stays_busy_is_overloaded(client_of: Callable[[Handler], Client]) -> None:
    client = client_of(lambda _: refused(429, "9", code="overloaded", message="full"))
    with pytest.raises(Overloaded, match="full") as caught:
        client.aliases()
    assert caught.value.retry_after == 9


def test_a_lost_connection_is_tried_again(
    client_of: Callable[[Handler], Client], slept: list[float]
) -> None:
    """Longer each time, and not for ever."""
    client = client_of(answers(httpx.ReadError("lost"), httpx.ConnectError("no"), OK))
    assert client.aliases() == {}
    assert slept == [0.5, 1]

    def gone(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    with pytest.raises(Unreachable, match="http://server"):
        client_of(gone).aliases()


def test_a_fit_is_not_started_twice(client_of: Callable[[Handler], Client]) -> None:
    """The server may have seen the request: each attempt has the same key, another fit another."""
    ident = f"data-{'0' * 20}"
    started = {"id": "tune-1", "name": "a", "dataset_id": ident, "status": "queued"}
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            raise httpx.ReadError("lost")
        return httpx.Response(201, json=started)

    client = client_of(answer)
    assert [client.start_fit(ident).id for _ in range(2)] == ["tune-1", "tune-1"]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    ("status", "fields", "kind"),
    [
        (404, {"code": "unknown-model"}, UnknownModel),
        (400, {"code": "usage", "option": "k"}, UsageError),
        (422, {"code": "invalid-request"}, UsageError),
        (422, {"code": "data", "row": 17, "file": "a.csv", "column": "text"}, DataError),
        (422, {"code": "faulty-rows", "findings": [{"code": "empty"}]}, FaultyRows),
        (404, {"code": "not-found"}, RemoteError),
    ],
)
def test_errors_are_those_of_the_library(
    client_of: Callable[[Handler], Client], status: int, fields: dict[str, object], kind: type
) -> None:
    """With hint, file, row, column and option."""
    given = {"message": "no", "hint": "do this", **fields}
    with pytest.raises(kind) as caught:
        client_of(lambda _: refused(status, None, **given)).aliases()
    assert isinstance(caught.value, tunesmith.TunesmithError)
    assert type(caught.value) is kind
    found = {**caught.value.to_dict(), "code": fields["code"]}
    assert given.items() <= found.items()


def test_what_is_not_our_server(client_of: Callable[[Handler], Client]) -> None:
    with pytest.raises(RemoteError, match="502"):
        client_of(lambda _: httpx.Response(502, text="<html>")).aliases()


class Breaking(httpx.SyncByteStream):
    """A body that is lost in the middle."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __iter__(self) -> Iterator[bytes]:
        yield self._text.encode()
        raise httpx.ReadError("lost")


def test_events_resume_after_the_last_one(
    client_of: Callable[[Handler], Client], slept: list[float]
) -> None:
    """An event that was cut off comes again, and none comes twice."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        last = int(request.headers["last-event-id"])
        asked.append(last)
        lines = [f'id: {number}\ndata: {{"event": "{number}"}}\n\n' for number in range(1, 6)]
        if last < 4:
            text = "".join(lines[last : last + 2]) + 'id: 9\ndata: {"eve'
            return httpx.Response(200, stream=Breaking(text))
        return httpx.Response(200, text="".join(lines[last:]))

    client = client_of(answer)
    found = [event.id for event in follow(client._connection, "/fits/a/events")]
    assert found == ["1", "2", "3", "4", "5"]
    assert asked == [0, 2, 4]
    assert len(slept) == 2


def test_a_repeated_upload_sends_the_whole_file(
    client_of: Callable[[Handler], Client], tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\na,b\n")
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(b"a,b" in request.read())
        if len(bodies) == 1:
            raise httpx.WriteError("lost")
        made = {"id": "data-1", "name": "a", "file": "a.csv", "status": "validated"}
        return httpx.Response(201, json=made)

    assert client_of(answer).read(path).id == "data-1"
    assert bodies == [True, True]
    with pytest.raises(UsageError, match="is a folder"):
        client_of(answer).read(tmp_path)


def test_the_address_and_the_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is not shown."""
    monkeypatch.delenv("TUNESMITH_SERVER", raising=False)
    with pytest.raises(UsageError, match="TUNESMITH_SERVER"):
        Client()
    monkeypatch.setenv("TUNESMITH_SERVER", "http://127.0.0.1:1")
    monkeypatch.setenv("TUNESMITH_API_KEY", "secret")
    client = Client(transport=httpx.MockTransport(answers(OK)))
    assert client.aliases() == {}
    assert repr(client) == "Client('http://127.0.0.1:1')"


def test_a_download_that_breaks_off_starts_again(
    client_of: Callable[[Handler], Client], slept: list[float], tmp_path: Path
) -> None:
    """The same number of attempts as for any request, before the answer and within it."""
    half, whole = httpx.Response(200, stream=Breaking("half")), httpx.Response(200, text="whole")
    client = client_of(answers(httpx.ConnectError("no"), half, refused(503, "7"), whole))
    client._connection.save("/models/a/download", tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_text() == "whole"
    assert slept == [0.5, 1, 7]
