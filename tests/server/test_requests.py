"""Requests that are not as they should be: the answer says what to change."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.slow
BASE = "all-MiniLM-L6-v2"


@pytest.fixture
def api(live_server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live_server, timeout=120) as client:
        yield client


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize(
    "path", ["/v1/embed", "/openai/v1/embeddings", "/cohere/v1/embed", "/tei/embed"]
)
def test_json_without_its_header(api: httpx.Client, path: str, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = api.post(path, content=b'{"inputs": ["a"]}', headers=headers)
    assert answer.status_code in {400, 422}
    assert "send `Content-Type: application/json`" in answer.text


@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
@pytest.mark.parametrize("path", ["/v1/embed", "/tei/embed", f"/tei/{BASE}/rerank"])
def test_broken_json(api: httpx.Client, path: str, kind: str) -> None:
    answer = api.post(path, content=b'{"inputs": ["a"', headers={"Content-Type": kind})
    assert answer.status_code == 422
    assert "the body is not valid JSON" in answer.text


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/datasets", "file"),
        ("/openai/v1/files", "file"),
        ("/cohere/v1/datasets?name=a&type=embed-input", "data"),
    ],
)
def test_a_field_that_is_not_a_file(api: httpx.Client, path: str, field: str) -> None:
    answer = api.post(path, files={field: (None, "abc")})
    assert answer.status_code in {400, 422}
    assert f"{field} is not a file: send it as one, as curl -F {field}=@PATH" in answer.text


def test_a_name_of_a_fit_has_the_length_of_a_new_name(api: httpx.Client) -> None:
    for length, code in ((200, "not-found"), (201, "invalid-request")):
        answer = api.post("/v1/fits", json={"dataset": "data-none", "name": "a" * length})
        assert answer.json()["error"]["code"] == code


def test_a_name_in_cohere_s_api_has_that_length_too(api: httpx.Client) -> None:
    for length, status in ((200, 404), (201, 400)):
        settings = {"base_model": {"base_type": "BASE_TYPE_CLASSIFICATION"}, "dataset_id": "none"}
        body = {"name": "a" * length, "settings": settings}
        answer = api.post("/cohere/v1/finetuning/finetuned-models", json=body)
        assert answer.status_code == status


@pytest.mark.parametrize("path", ["/health", "/ready", "/tei/health", f"/tei/{BASE}/health"])
def test_supervisors_may_ask_for_the_head(api: httpx.Client, path: str) -> None:
    answer = api.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


def test_values_that_other_servers_refuse(api: httpx.Client) -> None:
    asked: dict[str, Any] = {"model": BASE, "texts": ["a"]}
    for version in ("v1", "v2"):
        answer = api.post(f"/cohere/{version}/embed", json={**asked, "input_type": "search_qeury"})
        assert answer.status_code == 400
        assert "search_query" in answer.json()["message"]
        assert api.post(f"/cohere/{version}/embed", json={**asked, "input_type": None}).is_success
    files = {"file": ("a.csv", b"text,label\na,b\n")}
    answer = api.post("/openai/v1/files", files=files, data={"purpose": "zzz"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "purpose")


def test_parts_of_a_list(api: httpx.Client) -> None:
    for number in range(3):
        content = f"text,label\nred {number},warm\n".encode()
        api.post("/v1/datasets", files={"file": (f"part-{number}.csv", content)})
    whole = [each["id"] for each in api.get("/v1/datasets").json()]
    part = api.get("/v1/datasets", params={"limit": 2, "offset": 1}).json()
    assert [each["id"] for each in part] == whole[1:3]
    models = api.get("/v1/models").json()
    assert api.get("/v1/models?limit=1").json() == models[:1]
    assert api.get("/v1/models", params={"offset": len(models)}).json() == []


@pytest.mark.parametrize("path", ["/v1/datasets", "/v1/fits", "/v1/models"])
@pytest.mark.parametrize("asked", ["limit=abc", "limit=0", "limit=10001", "offset=-1"])
def test_other_parts_are_refused(api: httpx.Client, path: str, asked: str) -> None:
    answer = api.get(f"{path}?{asked}")
    assert answer.status_code == 422
    assert answer.json()["error"]["option"] == asked.partition("=")[0]
