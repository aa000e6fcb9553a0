"""Uploads of hostile bytes, names and options: each is answered, and hides no other data set."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.server.apps import App, started
from tunesmith.home import Home

pytestmark = pytest.mark.slow

SUFFIXES = (
    ".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet", ".xlsx", ".zip", ".csv.gz", ".md",
    ".html", ".pdf", ".docx", "", ".exe",
)  # fmt: skip
STARTS = (
    b"", b"text,label\n", b"[", b'{"text": "', b"PK\x03\x04", b"PAR1", b"\x1f\x8b\x08", b"%PDF-1.4",
    b"\xef\xbb\xbf", b"\xff\xfe", b"<html>", b"# A\n", b"__label__a ",
)  # fmt: skip
HOSTILE_OPTIONS: tuple[dict[str, str], ...] = (
    {"columns": "[" * 100_000}, {"columns": "1" * 5000}, {"columns": '{"text": "\\ud800"}'},
    {"columns": '{"text": 1}'}, {"columns": "null"}, {"columns": '{"\\u0000": "text"}'},
    {"encoding": "utf-8\0"}, {"encoding": "hex"}, {"encoding": "../x"}, {"encoding": "undefined"},
    {"kind": "\0"}, {"kind": "x" * 1000}, {"fixes": "x"}, {"name": "\0"}, {"name": "a" * 10_000},
    {"version_of": "../x"}, {"version_of": "\0"}, {"skip_invalid": "perhaps"},
)  # fmt: skip
TABLE = b"text,label\n" + b"red,warm\nblue,cold\n" * 20


@pytest.fixture(scope="module")
def app(
    shared_home: Path, shared_exports: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    """An app without keys."""
    home = Home(tmp_path_factory.mktemp("uploads"))
    with started(home=home, require_keys=False) as found:
        yield found


def upload(app: App, file: str, content: bytes, **options: str) -> Any:
    return app.client.post("/v1/datasets", files={"file": (file, content)}, data=options)


def short(options: object) -> str:
    return repr(options)[:40]


def check_answered(app: App, response: Any) -> None:
    """Assert that a file was stored or refused in words, and that it hides no other."""
    if response.status_code == 201:
        stored = response.json()
        assert (stored["error"] is None) is (stored["status"] == "validated")
        for path in ("", "/versions", "/file"):
            assert app.client.get(f"/v1/datasets/{stored['id']}{path}").status_code == 200
        assert app.client.get(f"/v1/datasets/{stored['id']}/rows").status_code in {200, 400, 422}
        app.client.delete(f"/v1/datasets/{stored['id']}")
    else:
        assert response.status_code in {400, 404, 422}
        assert response.json()["error"]["message"]


@settings(max_examples=60, derandomize=True)
@given(st.sampled_from(SUFFIXES), st.sampled_from(STARTS), st.binary(max_size=200))
def test_hostile_bytes(app: App, suffix: str, start: bytes, content: bytes) -> None:
    check_answered(app, upload(app, f"a{suffix}", start + content))


@settings(max_examples=30, derandomize=True)
@given(st.dictionaries(st.text(max_size=20), st.binary(max_size=100), max_size=4))
def test_hostile_archives(app: App, files: dict[str, bytes]) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo("a")
            info.filename = name.encode("utf-8", "replace").decode()
            archive.writestr(info, content)
    check_answered(app, upload(app, "a.zip", out.getvalue()))


@settings(max_examples=30, derandomize=True)
@given(st.binary(max_size=500), st.sampled_from([b"a", b"\xff", b"a b", b""]))
def test_hostile_forms(app: App, body: bytes, boundary: bytes) -> None:
    headers = [(b"content-type", b"multipart/form-data; boundary=" + boundary)]
    start = b"--" + boundary + b'\r\nContent-Disposition: form-data; name="file"; filename="a.csv"'
    for content in (body, start + body, start + b"\r\n\r\n" + body + b"\r\n--" + boundary + b"--"):
        check_answered(app, app.client.post("/v1/datasets", content=content, headers=headers))


@pytest.mark.parametrize("options", HOSTILE_OPTIONS, ids=short)
def test_hostile_options(app: App, options: dict[str, str]) -> None:
    check_answered(app, upload(app, "a.csv", TABLE, **options))
    assert app.client.get("/v1/datasets").status_code == 200


@pytest.mark.parametrize(
    "options",
    [
        {"split_by": "\ud800"}, {"columns": {"\0": "\ud800"}}, {"kind": "\0"}, {"name": "\ud800\0"},
        {"budget": "1e9h"}, {"cross_validate": 10**30}, {"seed": 10**30}, {"\ud800": 1},
        {"base": "/etc/passwd"}, {"recipe": "../../x"}, {"test": "../.."}, {"judge": "/etc/passwd"},
    ],
    ids=short,
)  # fmt: skip
def test_hostile_options_of_a_fit_hide_no_other(app: App, options: dict[str, Any]) -> None:
    """A lone surrogate cannot be written as UTF-8: stored as it is, no list could be answered."""
    dataset = upload(app, "a.csv", TABLE).json()["id"]
    body = json.dumps({"dataset": dataset, **options}).encode()
    headers = {"Content-Type": "application/json"}
    response = app.client.post("/v1/fits", content=body, headers=headers)
    assert response.status_code in {201, 400, 404, 422}
    assert app.client.get("/v1/fits").status_code == 200


@pytest.mark.parametrize("offset", [-1, 2**62, 2**63, 10**30])
def test_an_offset_beyond_the_rows(app: App, offset: int) -> None:
    dataset = upload(app, "a.csv", TABLE).json()["id"]
    response = app.client.get(f"/v1/datasets/{dataset}/rows", params={"offset": offset})
    assert response.status_code in {200, 400, 422}


@pytest.mark.parametrize("number", ["-1", "x", "9" * 5000, "\u0663", "1e3"])
def test_a_hostile_event_id_of_an_unknown_fit(app: App, number: str) -> None:
    """The status is known before the stream begins."""
    headers = [(b"Last-Event-ID", number.encode())]
    response = app.client.get("/v1/fits/tune-none/events", headers=headers)
    assert response.status_code in {404, 422}


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"1" * 5000,
        b"\xff\xfe",
        b'{"model": NaN}',
        b'"\\ud800"',
        b"",
    ],
    ids=lambda body: str(body[:9]),
)
@pytest.mark.parametrize("path", ["/v1/embed", "/v1/classify", "/v1/rerank", "/v1/fits"])
def test_hostile_json(app: App, path: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = app.client.post(path, content=body, headers=headers)
    assert response.status_code in {400, 422}
    assert "error" in response.json()
