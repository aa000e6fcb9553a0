"""A request to start a fit that is sent again starts one fit."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest
import sqlalchemy as sa

from tests.server.apps import App, started
from tests.server.ports import free_port
from tunesmith.client import Client
from tunesmith.home import Home
from tunesmith.server.metadata.tables import idempotency
from tunesmith.server.once import Sent

if TYPE_CHECKING:
    from tunesmith.server.stores import Stores

pytestmark = pytest.mark.slow
TABLE = b"text,label\n" + b"red,warm\nblue,cold\n" * 20


@pytest.fixture(scope="module")
def app(
    shared_home: Path, shared_exports: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    """An app that needs keys."""
    with started(home=Home(tmp_path_factory.mktemp("once"))) as found:
        yield found


@pytest.fixture(scope="module")
def data(app: App) -> str:
    """The id of a data set."""
    answer = app.send("POST", "/v1/datasets", files={"file": ("a.csv", TABLE)})
    return str(answer.json()["id"])


def start(app: App, data: str, key: str, role: str = "train", **options: Any) -> Any:
    body = {"dataset": data, **options}
    return app.send("POST", "/v1/fits", role, json=body, headers={"Idempotency-Key": key})


def count(app: App) -> int:
    return len(app.services.fits.all())


def test_the_same_key_is_one_fit(app: App, data: str) -> None:
    before = count(app)
    first, again = start(app, data, "a"), start(app, data, "a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert start(app, data, "b").json()["id"] != first.json()["id"]
    assert count(app) == before + 2


def test_without_a_key_each_request_is_a_fit(app: App, data: str) -> None:
    ids = {app.send("POST", "/v1/fits", json={"dataset": data}).json()["id"] for _ in range(2)}
    assert len(ids) == 2


def test_requests_at_the_same_time_are_one_fit(app: App, data: str) -> None:
    before = count(app)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: start(app, data, "at-once"), range(8)))
    assert len({each.json()["id"] for each in found}) == 1
    assert count(app) == before + 1


def test_the_same_key_with_another_request_is_refused(app: App, data: str) -> None:
    start(app, data, "reused")
    other = start(app, data, "reused", seed=1)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "key-reused")
    body = {"model": "all-MiniLM-L6-v2", "training_file": data}
    jobs, headers = "/openai/v1/fine_tuning/jobs", {"Idempotency-Key": "reused"}
    answer = app.send("POST", jobs, "train", json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "key_reused")


def test_another_owner_has_keys_of_its_own(app: App, data: str) -> None:
    mine, theirs = start(app, data, "ours", "train"), start(app, data, "ours", "admin")
    assert mine.json()["id"] != theirs.json()["id"]


def test_a_request_that_was_refused_may_be_repeated(app: App, data: str) -> None:
    assert start(app, "data-none", "later").status_code == 404
    assert start(app, data, "later").status_code == 201


def test_a_key_is_forgotten_after_a_day(app: App, data: str) -> None:
    first = start(app, data, "old").json()["id"]
    with app.services.stores.engine.begin() as connection:
        connection.execute(
            idempotency.update()
            .where(idempotency.c.fit_id == first)
            .values(created_at=idempotency.c.created_at - 24 * 3600)
        )
    assert start(app, data, "old").json()["id"] != first
    query = sa.select(idempotency).where(idempotency.c.fit_id == first)
    with app.services.stores.engine.connect() as connection:
        assert connection.execute(query).first() is None


class Interruption:
    """A proxy that hands the first request on and then loses the connection without an answer."""

    def __init__(self, server: str) -> None:
        self.port, self.heads = free_port(), list[bytes]()
        self._socket = socket.create_server(("127.0.0.1", self.port))
        self._server = httpx.URL(server)
        Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        lost = False
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            request = self._read(client)
            self.heads.append(request.partition(b"\r\n\r\n")[0])
            with socket.create_connection((self._server.host, self._server.port)) as upstream:
                head, _, body = request.partition(b"\r\n\r\n")
                upstream.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
                answer = b"".join(iter(lambda: upstream.recv(65536), b""))
            is_start = request.startswith(b"POST") and b"fi" in request.partition(b"HTTP")[0]
            if lost or not is_start:
                client.sendall(answer)
            lost = lost or is_start
            client.close()

    @staticmethod
    def _read(client: Any) -> bytes:
        found = client.recv(65536)
        head, _, body = found.partition(b"\r\n\r\n")
        sizes = [
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ]
        while sizes and len(body) < sizes[0]:
            body += client.recv(65536)
        return bytes(head + b"\r\n\r\n" + body)


@pytest.fixture
def interruption(live_server: str) -> Iterator[Interruption]:
    """A proxy in front of the live server, which loses the first answer to a start."""
    found = Interruption(live_server)
    yield found
    found.close()


def live_fits(server: str) -> int:
    return len(httpx.get(f"{server}/v1/fits").json())


def upload(server: str, text: bytes) -> str:
    answer = httpx.post(f"{server}/v1/datasets", files={"file": ("a.csv", TABLE + text)})
    return str(answer.json()["id"])


def test_our_client_that_loses_the_answer_starts_one_fit(
    live_server: str, interruption: Interruption
) -> None:
    data, before = upload(live_server, b"green,cold\n"), live_fits(live_server)
    with Client(f"http://127.0.0.1:{interruption.port}") as client:
        fit = client.start_fit(data)
    starts = [head for head in interruption.heads if head.startswith(b"POST")]
    keys = {line for head in starts for line in head.split(b"\r\n") if b"dempotency" in line}
    assert (len(starts), len(keys)) == (2, 1)
    assert live_fits(live_server) == before + 1
    httpx.delete(f"{live_server}/v1/fits/{fit.id}")


def test_openais_client_that_loses_the_answer_starts_one_job(
    live_server: str, interruption: Interruption
) -> None:
    """It says that it tries again; the same job that is started twice on purpose is two."""
    data, before = upload(live_server, b"pink,warm\n"), live_fits(live_server)
    url = f"http://127.0.0.1:{interruption.port}/openai/v1"
    with openai.OpenAI(base_url=url, api_key="any", max_retries=2) as client:
        new: dict[str, Any] = {"model": "all-MiniLM-L6-v2", "training_file": data}
        first = client.fine_tuning.jobs.create(**new)
        assert live_fits(live_server) == before + 1
        second = client.fine_tuning.jobs.create(**new)
        assert second.id != first.id
    for job in (first, second):
        httpx.delete(f"{live_server}/v1/fits/{job.id}")


def test_a_claim_holds_in_every_database(stores: "Stores") -> None:
    """The second of two processes is refused by the table, with its fit."""
    claim = Sent("a").claim("key-1", {})
    fit = stores.fits.add("data-1", {}, name="a", claim=claim)
    with pytest.raises(sa.exc.IntegrityError):
        stores.fits.add("data-1", {}, name="a", claim=claim)
    assert [each.id for each in stores.fits.all()] == [fit.id]
    assert stores.fits.claimed(claim) == fit
