"""Uploads to a server that listens, many at the same time."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

pytestmark = pytest.mark.slow
TABLE = b"text,label\n" + b"red,warm\nblue,cold\n" * 20


@pytest.mark.parametrize(
    ("path", "field", "query"),
    [
        ("/v1/datasets", "file", {}),
        ("/openai/v1/files", "file", {}),
        (
            "/cohere/v1/datasets",
            "data",
            {"name": "par", "type": "single-label-classification-finetune-input"},
        ),
    ],
)
def test_the_same_upload_at_the_same_time_has_one_id(
    live_server: str, path: str, field: str, query: dict[str, str]
) -> None:
    def send(_number: int) -> str:
        files = {field: ("par.csv", TABLE)}
        answer = httpx.post(f"{live_server}{path}", files=files, params=query, timeout=60)
        return str(answer.json()["id"])

    with ThreadPoolExecutor(10) as pool:
        ids = set(pool.map(send, range(10)))
    assert len(ids) == 1
