"""Nothing is let in, nothing gets out: keys on every route, hostile ids, names, files and headers.

The list of routes is taken from the app, so that a new route is tested too.
"""

import gzip
import hmac
import io
import json
import zipfile
from collections.abc import Iterator
from logging import LogRecord
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
import structlog

from tests.server.apps import App, Route, started
from tests.server.logs import lines
from tunesmith.home import Home
from tunesmith.models.folder import FORMAT_VERSION
from tunesmith.server.keys import Role
from tunesmith.server.metadata.tables import audit, keys
from tunesmith.server.settings import MEBIBYTE

pytestmark = pytest.mark.slow

# Routes without a key; a new one has to be added here, with a reason.
PUBLIC = {
    "/health",  # for supervisors, which have no key
    "/ready",
    "/openapi.json",  # the description of the API, the same on every server
    *("/static/{version}/{name}", "/sign-in", "/sign-out"),  # for people who have not signed in
    # text-embeddings-inference answers these without a key; `metrics` names another address.
    *("/tei", "/tei/", "/tei/health", "/tei/ping", "/tei/metrics"),
    *(f"/tei/{{model:path}}{end}" for end in ("", "/", "/health", "/ping", "/metrics")),
}
# Routes that are no GET and yet may be used with any key: they change nothing.
USE = {
    *("/datasets/{dataset}/label/like", "/compare/cancel"),  # any key may begin a comparison
    *(f"/v1/{name}" for name in ("embed", "classify", "similarity", "rerank")),
    *(f"/cohere/v1/{name}" for name in ("embed", "classify", "rerank", "tokenize", "detokenize")),
    *("/cohere/v2/embed", "/cohere/v2/rerank", "/cohere/v1/check-api-key"),
    *("/cohere/v1/embed-jobs", "/cohere/v1/embed-jobs/{ident}/cancel"),  # not offered
    "/openai/v1/embeddings",
    *("/v1/indexes/{index}/search", "/v1/evaluate", "/v1/advise"),
}
MODEL_IN_PATH = "/tei"  # all of it only uses models
HOSTILE = (
    "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e", "..%5c..%5cboot.ini", "data-..", "%00", "a%00.csv",
    "a%0d%0aX-Evil:%201", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "'%20OR%201=1--", "a" * 300, "%ff",
    "%F0%9F%A6%93", "-ft", "@", "__init__", "%7B%7B7*7%7D%7D", "key-1%20", "{model}", "~root",
)  # fmt: skip
NAMES = (
    "../../../evil.csv", "/etc/evil.csv", "..\\..\\evil.csv", "C:\\evil.csv", "a\r\nX-Evil: 1.csv",
    "a\x00.csv", "..", ".", "", " ", "a" * 400 + ".csv", "<script>alert(1)</script>.csv",
    "\u202egpj.csv", "a;rm -rf $HOME.csv", "con.csv", "-rf.csv", "evil.zip", "evil.csv.gz",
    "\ud83e.csv".encode("utf-8", "replace").decode(), "a%2f..%2f..%2fevil.csv",
)  # fmt: skip
MARK = "zebra-of-the-user"
TABLE = b"text,label\n" + b"red,warm\nblue,cold\n" * 20


@pytest.fixture(scope="module")
def app(
    shared_home: Path, shared_exports: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    """An app that needs keys."""
    home = Home(tmp_path_factory.mktemp("security"))
    with started(home=home, upload_bytes=4 * MEBIBYTE) as found:
        yield found


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    """The events that the server logs."""
    with structlog.testing.capture_logs() as found:
        yield cast("list[Any]", found)


def bad_keys(app: App) -> dict[str, list[tuple[bytes, bytes]]]:
    """Return headers that let nobody in."""
    expired = app.services.keys.create("expired", "admin", 1e-9)[1]
    revoked, secret = app.services.keys.create("revoked", "admin")
    assert app.services.keys.find(secret)  # it is remembered when it is revoked
    app.services.keys.revoke(revoked.id)
    good = app.key("admin")["Authorization"].removeprefix("Bearer ")
    with app.services.stores.engine.connect() as connection:
        digest = connection.execute(sa.select(keys.c.digest)).scalars().first()
    values = {
        "expired": f"Bearer {expired}", "revoked": f"Bearer {secret}", "empty": "Bearer ",
        "wrong": f"Bearer {good[:-1]}x", "longer": f"Bearer {good}x", "no scheme": good,
        "other scheme": f"Basic {good}", "id": f"Bearer {revoked.id}", "digest": f"Bearer {digest}",
        "long": "Bearer tms_" + "a" * 5000, "two": f"Bearer {good} {good}",
        "not ascii": "Bearer tms_\xe4",
    }  # fmt: skip
    found = {name: [(b"authorization", each.encode("latin-1"))] for name, each in values.items()}
    return {"missing": [], **found}


def private(app: App) -> list[Route]:
    return [each for each in app.routes() if each.role is not None]


def test_every_route_needs_a_key_or_is_known_to_be_public(app: App) -> None:
    assert {each.path for each in app.routes() if each.role is None} == PUBLIC


def test_what_changes_something_needs_more_than_the_role_to_read(app: App) -> None:
    lax = {each.path for each in app.routes() if each.role is Role.READ and each.method != "GET"}
    assert {path for path in lax if not path.startswith(MODEL_IN_PATH)} == USE


def test_a_bad_key_opens_no_route(app: App) -> None:
    found = [
        (route.method, route.path, name, response.status_code)
        for name, headers in bad_keys(app).items()
        for route in private(app)
        if (
            response := app.client.request(route.method, route.at("x"), headers=headers)
        ).status_code
        != 401
        or "API key is missing" not in str(response.json())
    ]
    assert found == []


def test_a_role_opens_its_routes_only(app: App) -> None:
    for role in Role:
        for route in private(app):
            assert route.role is not None
            response = app.send(route.method, route.at("x"), role.name.lower())
            refused = response.status_code == 403
            assert refused is (role < route.role), (role, route, response.status_code)


def test_the_scheme_may_have_any_case(app: App) -> None:
    """Cohere's older clients write it in capitals."""
    value = app.key("read")["Authorization"].replace("Bearer", "BEARER")
    assert app.client.get("/v1/models", headers={"Authorization": value}).status_code == 200


def test_digests_are_compared_in_constant_time(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[str, str]] = []

    def compare(first: str, second: str) -> bool:
        compared.append((first, second))
        return False

    monkeypatch.setattr(hmac, "compare_digest", compare)
    secret = app.services.keys.create("a")[1]
    headers = {"Authorization": f"Bearer {secret}"}
    assert app.client.get("/v1/models", headers=headers).status_code == 401
    assert len(compared) == 1
    assert secret not in str(compared)


def test_a_key_over_its_limit_waits(
    shared_home: Path, shared_exports: None, tmp_path: Path
) -> None:
    with started(home=Home(tmp_path), requests_per_minute=3) as app:
        statuses = [app.send("GET", "/v1/models", "read").status_code for _ in range(4)]
        last = app.send("POST", "/v1/embed", "read", json={"model": "a", "texts": ["b"]})
        assert statuses == [200, 200, 200, 429]
        assert last.status_code == 429
        assert 1 <= int(last.headers["Retry-After"]) <= 60
        assert app.send("GET", "/v1/models", "train").status_code == 200
        assert app.client.get("/health").status_code == 200


def test_keys_are_managed_by_admins(app: App) -> None:
    made = app.send("POST", "/v1/keys", json={"name": "a\r\nb", "role": "train"}).json()
    assert (made["name"], made["role"], made["valid"]) == ("ab", "train", True)
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert app.client.get("/v1/models", headers=headers).status_code == 200
    listed = app.send("GET", "/v1/keys")
    assert made["id"] in listed.text
    assert made["key"] not in listed.text
    assert app.send("DELETE", f"/v1/keys/{made['id']}").json()["valid"] is False
    assert app.client.get("/v1/models", headers=headers).status_code == 401
    assert app.send("DELETE", "/v1/keys/key-none").status_code == 404


def test_the_audit_log_says_who_did_what(app: App) -> None:
    made = app.send("POST", "/v1/datasets", "train", files={"file": ("audit.csv", TABLE)}).json()
    app.send(
        "DELETE", f"/v1/datasets/{made['id']}", "train", headers={"X-Request-Id": "audit-1234"}
    )
    app.send("GET", "/v1/keys", "read")
    app.send("POST", "/v1/embed", "read", json={"model": "x", "texts": ["a"]})
    refused, deleted, added = app.send("GET", "/v1/audit", params={"limit": 3}).json()
    assert (refused["action"], refused["status"]) == ("GET /v1/keys", 403)
    assert (deleted["action"], deleted["target"], deleted["status"], deleted["request_id"]) == (
        "DELETE /v1/datasets/{dataset_id}", made["id"], 200, "audit-1234",
    )  # fmt: skip
    assert (added["action"], added["target"]) == ("POST /v1/datasets", made["id"])
    trainer = app.services.keys.find(app.secrets["train"])
    assert trainer is not None
    assert added["key_id"] == deleted["key_id"] == trainer.id


def test_a_hostile_id_is_not_found(app: App) -> None:
    for route in private(app):
        if "{" not in route.path:
            continue
        for value in HOSTILE:
            response = app.send(route.method, route.at(value))
            assert response.status_code in {400, 404, 405, 422}, (route, value, response.text)
            check_harmless(response)


def check_harmless(response: Any) -> None:
    """Assert that an answer runs no script and shows nothing of the server."""
    assert response.headers["content-type"].startswith(("application/json", "text/plain"))
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert "X-Evil" not in response.headers
    for shown in ("Traceback", "root:", 'File "/', "site-packages", "sqlalchemy", "/tmp/"):
        assert shown not in response.text


def test_a_hostile_file_name_stays_in_its_folder(app: App) -> None:
    home = app.services.settings.home.folder
    before = {each for each in home.parent.rglob("*") if home not in each.parents}
    for number, name in enumerate(NAMES):
        content = TABLE + f"row {number},warm\n".encode()
        response = app.send("POST", "/v1/datasets", files={"file": (name, content)})
        assert response.status_code in {201, 422}, (name, response.text)
        if response.status_code == 201:
            stored = response.json()
            check_harmless(app.send("GET", f"/v1/datasets/{stored['id']}"))
            check_download(app, stored["id"], content)
    assert {each for each in home.parent.rglob("*") if home not in each.parents} == before
    inside = home / "server" / "files" / "datasets"
    assert all(each.parent.parent == inside for each in home.rglob("*evil*"))


def check_download(app: App, ident: str, content: bytes) -> None:
    response = app.send("GET", f"/v1/datasets/{ident}/file")
    assert response.content == content
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"].startswith("attachment; filename")
    assert not set("\r\n/\\<>") & set(response.headers["content-disposition"])


def test_a_bomb_is_a_failed_data_set(app: App) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.md", bytes(40 * MEBIBYTE))
    packed = gzip.compress(bytes(40 * MEBIBYTE))
    for name, content in (("a.zip", bomb.getvalue()), ("a.csv.gz", packed)):
        stored = app.send("POST", "/v1/datasets", files={"file": (name, content)}).json()
        assert stored["status"] == "failed"
        assert "too large" in stored["error"]["message"]
    files = app.services.settings.folder.rglob("*")
    assert max(each.stat().st_size for each in files if each.is_file()) < 5 * MEBIBYTE


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--a\r\n"),
        ("multipart/form-data; boundary=a", b""),
        ("multipart/form-data; boundary=a", b"--b\r\nno such boundary"),
        (
            "multipart/form-data; boundary=a",
            b"--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--",
        ),
        ("multipart/form-data; boundary=a", b"--a\r\nno colon\r\n\r\nx\r\n--a--\r\n"),
        ("multipart/form-data; boundary=" + "a" * 5000, b"--a\r\n"),
        ("multipart/form-data; boundary=\xe4", b"--a\r\n"),
        ("application/x-www-form-urlencoded", b"file=a&" * 2000),
        ("application/json", b"{"),
        ("", b"\x00\xff"),
    ],
)
def test_a_malformed_upload_is_refused(app: App, kind: str, body: bytes) -> None:
    headers = {"Content-Type": kind.encode("latin-1")} if kind else {}
    response = app.send("POST", "/v1/datasets", content=body, headers=headers)
    assert response.status_code in {400, 422}
    check_harmless(response)


def test_too_many_parts_are_refused(app: App) -> None:
    files = [("file", (f"{number}.csv", b"")) for number in range(5)]
    assert app.send("POST", "/v1/datasets", files=files).status_code == 400
    fields = {f"field{number}": "a" for number in range(101)}
    response = app.send("POST", "/v1/datasets", data=fields, files={"file": ("a.csv", TABLE)})
    assert response.status_code == 400
    large = {"columns": "a" * 2 * MEBIBYTE}
    response = app.send("POST", "/v1/datasets", data=large, files={"file": ("a.csv", TABLE)})
    assert response.status_code == 400


def test_a_script_is_only_text(app: App) -> None:
    script = "<script>alert(1)</script>"
    table = f"text,label\n{script},{script}\nblue,cold\n".encode() * 20
    stored = app.send(
        "POST", "/v1/datasets", files={"file": ("a.csv", table)}, data={"name": script}
    ).json()
    assert stored["name"] == script  # JSON, which no browser runs
    for path in ("", "/rows", "/versions"):
        check_harmless(app.send("GET", f"/v1/datasets/{stored['id']}{path}"))
    check_harmless(app.send("POST", "/v1/embed", json={"model": script, "texts": [script]}))
    check_harmless(app.client.get(f"/{script}"))


def test_a_report_runs_its_own_script_only(app: App) -> None:
    """The page of a model may come from elsewhere: the policy is the server's, not the page's."""
    page = "<script>fetch('/v1/keys')</script>"
    with app.services.stores.files.new("models/tune-report") as folder:
        (folder / "report.html").write_text(page, encoding="utf-8")
        write_metadata(folder)
    app.services.models.add("tune-report", "a", None, None)
    response = app.send("GET", "/v1/models/tune-report/report")
    assert response.text == page
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'")
    assert "script-src 'sha256-" in policy
    assert "script-src 'unsafe-inline'" not in policy
    assert "allow-same-origin" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def write_metadata(folder: Path, **changes: Any) -> None:
    content = {"format": FORMAT_VERSION, "files": {}, "summary": {}, **changes}
    (folder / "tunesmith.json").write_text(json.dumps(content), encoding="utf-8")


def test_a_damaged_model_hides_no_other(app: App) -> None:
    """Its own answer does not show where the server keeps it."""
    with app.services.stores.files.new("models/tune-damaged") as folder:
        write_metadata(folder, format="other")
    app.services.models.add("tune-damaged", "a", None, None)
    listed = app.send("GET", "/v1/models")
    assert "all-MiniLM-L6-v2" in [each["id"] for each in listed.json()]
    response = app.send("GET", "/v1/models/tune-damaged")
    assert response.json()["damage"].startswith("tunesmith.json has format version other")
    check_harmless(response)
    body = {"model": "tune-damaged", "texts": ["a"]}
    response = app.send("POST", "/v1/embed", json=body)
    assert response.status_code == 500
    check_harmless(response)


@pytest.mark.parametrize(
    "given",
    [
        "a",
        "short",
        "a b c d e f g",
        "a" * 65,
        "12345678\tX",
        "\xe4\xe4\xe4\xe4\xe4\xe4\xe4\xe4",
        "<script>1</script>",
    ],
)
def test_a_request_id_is_plain_or_replaced(app: App, given: str, logged: list[Any]) -> None:
    """It is in the answer and in the log."""
    response = app.client.get("/health", headers=[(b"X-Request-Id", given.encode("latin-1"))])
    assert response.headers["X-Request-Id"] != given
    assert len(response.headers["X-Request-Id"]) == 16
    assert given not in [each.get("request_id") for each in logged]
    kept = app.client.get("/health", headers={"X-Request-Id": "given-1234"})
    assert kept.headers["X-Request-Id"] == "given-1234"


def test_nothing_of_a_user_is_logged(
    app: App,
    logged: list[Any],
    records: list[LogRecord],
    capfd: pytest.CaptureFixture[str],
) -> None:
    send_everywhere(app, MARK)
    assert any(each["event"] == "request" for each in logged)
    assert any(each["event"] == "unexpected error" for each in logged)
    with app.services.stores.engine.connect() as connection:
        recorded = connection.execute(sa.select(audit)).all()
    printed = capfd.readouterr()
    for place in (str(logged), lines(records), printed.out, printed.err):
        assert MARK not in place
        assert "tms_" not in place
    assert "tms_" not in str(recorded)
    assert f"{MARK} text" not in str(recorded)


def send_everywhere(app: App, mark: str) -> None:
    """Send a marked text to every route in every place, most of which fail."""
    text = f"{mark} text"
    fields = ("model", "query", "name", "dataset", "kind", "budget", "base", "goal", "target")
    body = {**dict.fromkeys(fields, text), "texts": [text], "documents": [text], mark: text}
    for route in private(app):
        for path in (route.at(mark), route.at("x"), route.at(f"{mark} text")):
            options: dict[str, Any] = {"params": {"limit": text, "offset": text, mark: text}}
            app.send(route.method, path, json=body, headers={"User-Agent": text}, **options)
            app.send(route.method, path, content=f'{{"{text}": '.encode())
            app.send(route.method, path, content=b"\xff" + text.encode())
            app.client.request(route.method, path, headers={"Authorization": f"Bearer {text}"})
    for name in (f"{mark}.csv", f"{mark}.zip", f"{mark}.parquet", f"{mark}.xlsx", f"{mark}.json"):
        for content in (text.encode(), b'{"' + text.encode(), b"PK\x03\x04" + text.encode()):
            data = {"name": text, "columns": text, "kind": text, "version_of": text}
            app.send("POST", "/v1/datasets", files={"file": (name, content)}, data={"name": text})
            app.send("POST", "/v1/datasets", files={"file": (name, content)}, data=data)
    found = app.send("POST", "/v1/embed", json={"model": "all-MiniLM-L6-v2", "texts": [text, ""]})
    assert found.status_code == 200
    fail_inside(app, text)


def fail_inside(app: App, text: str) -> None:
    """Let a route fail in a way that nobody expects, with a text in the error."""

    def failing() -> None:
        raise RuntimeError(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.services.models, "listed", failing)
        response = app.send("GET", "/v1/models")
    assert response.status_code == 500
    assert text not in response.text
    check_harmless(response)


def test_metrics_name_no_id_and_no_text(app: App) -> None:
    app.client.request("ZEBRA", f"/v1/models/{MARK}")
    app.client.get(f"/{MARK}")
    shown = app.send("GET", "/metrics", "read").text
    assert MARK not in shown
    assert "ZEBRA" not in shown
    assert 'route="unknown"' in shown


def test_the_use_of_models_is_recorded_on_request(
    shared_exports: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In each API, with the model and without the text."""
    home = Home(tmp_path_factory.mktemp("audited"))
    uses: dict[str, dict[str, Any]] = {
        "/v1/embed": {"texts": [MARK]},
        "/v1/rerank": {"query": MARK, "documents": [MARK]},
        "/openai/v1/embeddings": {"input": [MARK]},
        "/cohere/v2/embed": {"texts": [MARK], "input_type": "search_query"},
    }
    with started(home=home, audit_use=True) as app:
        for path, body in uses.items():
            sent = app.send("POST", path, "read", json={"model": "all-MiniLM-L6-v2", **body})
            assert sent.status_code == 200
        entries = app.send("GET", "/v1/audit").json()
    reader = entries[0]["key_id"]
    assert [(each["action"], each["target"], each["key_id"]) for each in entries[::-1]] == [
        (f"POST {path}", "all-MiniLM-L6-v2", reader) for path in uses
    ]
    assert MARK not in str(entries)
