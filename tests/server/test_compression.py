"""Long answers to GET are compressed for clients that accept gzip; no request may be."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.apps import running_server

pytestmark = pytest.mark.slow
TABLE = b"text,label\n" + b"where is my parcel,order\nmy card is lost,card\n" * 200


@pytest.fixture(scope="module")
def server(
    shared_home: Path, shared_exports: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a server."""
    with running_server(tmp_path_factory.mktemp("compression")) as address:
        httpx.post(f"{address}/v1/datasets", files={"file": ("a.csv", TABLE)}).raise_for_status()
        yield address


def get(url: str, encodings: str) -> httpx.Response:
    return httpx.get(url, headers={"Accept-Encoding": encodings})


def raw(url: str, encodings: str) -> bytes:
    """Return the bytes of an answer as they were sent."""
    with httpx.stream("GET", url, headers={"Accept-Encoding": encodings}) as answer:
        return b"".join(answer.iter_raw())


def test_a_long_answer_is_compressed_if_the_client_accepts_it(server: str) -> None:
    url = f"{server}/openapi.json"
    plain, packed = get(url, "identity"), get(url, "br, gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) < len(plain.content) / 4
    assert packed.content == plain.content == gzip.decompress(raw(url, "gzip"))


@pytest.mark.parametrize("encodings", ["gzip;q=0", "identity", "br", "", "gzip;q=0.0"])
def test_a_client_without_gzip_gets_the_answer_as_it_is(server: str, encodings: str) -> None:
    assert json.loads(raw(f"{server}/openapi.json", encodings))["info"]["title"] == "Tunesmith"


def test_short_answers_and_vectors_are_sent_as_they_are(server: str) -> None:
    """Vectors as JSON become half as large, for more time than most networks need."""
    assert "content-encoding" not in get(f"{server}/v1/datasets", "gzip").headers
    body = {"model": "all-MiniLM-L6-v2", "texts": ["where is my parcel?"] * 20}
    answer = httpx.post(f"{server}/v1/embed", json=body, headers={"Accept-Encoding": "gzip"})
    assert len(answer.content) > 50_000
    assert "content-encoding" not in answer.headers


def test_events_are_sent_one_by_one(server: str) -> None:
    data = httpx.get(f"{server}/v1/datasets").json()[0]["id"]
    fit = httpx.post(f"{server}/v1/fits", json={"dataset": data}).json()["id"]
    url = f"{server}/v1/fits/{fit}/events"
    with httpx.stream("GET", url, headers={"Accept-Encoding": "gzip"}, timeout=5) as answer:
        assert "content-encoding" not in answer.headers
        assert b"queued" in next(answer.iter_raw())


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v1/embed", lambda body: body["error"]["message"]),
        ("/openai/v1/embeddings", lambda body: body["error"]["message"]),
        ("/cohere/v2/embed", lambda body: body["message"]),
        ("/tei/embed", lambda body: body["error"]),
    ],
)
def test_a_compressed_request_is_refused_in_each_shape(
    server: str, path: str, message: Any
) -> None:
    """Also one that would fill the memory: nothing is unpacked."""
    bomb = gzip.compress(b" " * 50_000_000)
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    answer = httpx.post(f"{server}{path}", content=bomb, headers=headers)
    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "identity"
    assert "compressed" in message(answer.json())


def test_a_compressed_file_of_a_data_set_is_read(server: str) -> None:
    """As the message says."""
    files = {"file": ("a.csv.gz", gzip.compress(TABLE))}
    assert httpx.post(f"{server}/v1/datasets", files=files).json()["status"] == "validated"


def test_a_body_that_is_not_compressed_may_say_so(server: str) -> None:
    body = {"model": "all-MiniLM-L6-v2", "texts": ["a"]}
    headers = {"Content-Encoding": "identity"}
    assert httpx.post(f"{server}/v1/embed", json=body, headers=headers).status_code == 200
