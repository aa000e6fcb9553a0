"""Pushed models are complete, and errors are one line with a remedy and without the token."""

import csv
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.error_fields import about
from tests.local_hub import TOKEN, Hub
from tunesmith.errors import HubUnavailable, OutputError, UsageError
from tunesmith.models import pack, push
from tunesmith.models.push import LARGE
from tunesmith.results.fit_result import FitResult

CREATE, BATCH = "/api/repos/create", "/ann/tickets.git/info/lfs"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A local HTTP server that the real client uses as the Hub."""
    with Hub() as server:
        # Asked to end, it looks up this often, and every test would wait for that.
        serve = partial(server.serve_forever, poll_interval=0.01)
        threading.Thread(target=serve, daemon=True).start()
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server
        server.shutdown()


@pytest.mark.parametrize("large", [1_000, LARGE])
def test_a_push_uploads_every_file_completely(
    hub: Hub, published: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    """Weights, tunesmith.json and card arrive unchanged in one commit, without user texts."""
    monkeypatch.setattr(import_module("tunesmith.models.push"), "LARGE", large)
    sent = push(published.name, "ann/tickets")
    package = pack(published)
    assert hub.files == {name: (published / name).read_bytes() for name in package.files}
    assert {"model.safetensors", "tunesmith.json", "README.md"} <= set(hub.files)
    assert len(hub.large) == 3
    assert b"a secret" not in b"".join(hub.files.values())
    assert hub.messages == [f"Model {published.name}"]
    assert hub.public == {"ann/tickets": False}
    assert hub.tokens == {f"Bearer {TOKEN}"}
    assert (sent.url, sent.private, sent.commit) == (f"{hub.url}/ann/tickets", True, "c0ffee")


def test_the_options_of_push(hub: Hub, published: Path) -> None:
    """Public, with the report, a custom message and a custom token."""
    sent = push(
        published, "ann/t", private=False, with_report=True, message="Autumn", token=" hf_other\n"
    )
    assert hub.files["report.html"] == b"<p>a secret"
    assert (hub.public["ann/t"], sent.private) == (True, False)
    assert hub.messages == ["Autumn"]
    assert hub.tokens == {"Bearer hf_other"}


def test_a_private_model_is_not_pushed_to_a_public_repository(hub: Hub, published: Path) -> None:
    """An existing repository gets a new commit, but a public one only with private=False."""
    hub.public |= {"ann/open": True, "ann/closed": False}
    with pytest.raises(OutputError, match="is public: use `private=False`"):
        push(published, "ann/open")
    assert not hub.files
    assert not push(published, "ann/open", private=False).private
    assert push(published, "ann/closed").private
    assert push(published, "ann/closed", private=False).private


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        (CREATE, 400, "status 400"),
        (CREATE, 401, "rejected the token: .*write access at .*/settings/tokens"),
        (CREATE, 402, "status 402"),
        (CREATE, 403, "a token with write access to ann"),
        (CREATE, 404, "no user or organisation ann"),
        (CREATE, 500, "status 500.* try again later"),
        ("/api/models/ann/tickets/preupload", 401, "rejected the token"),
        ("/api/models/ann/tickets/preupload", 404, "no user or organisation ann"),
        (BATCH, 403, "no write access"),
        ("/api/models/ann/tickets/commit", 409, "changed by another process"),
        ("/api/models/ann/tickets/commit", 413, "status 413"),
        ("/api/models/ann/tickets/commit", 429, "too many requests"),
    ],
)
def test_a_failed_push_gives_a_one_line_error_with_a_remedy(
    hub: Hub, published: Path, path: str, status: int, message: str
) -> None:
    """For any failed request; the token is never shown, even if the Hub repeats it."""
    hub.answers = {path: status}
    with pytest.raises(OutputError, match=message) as caught:
        push(published, "ann/tickets")
    assert str(caught.value).startswith("ann/tickets was not pushed: ")
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert not hub.files


def test_a_missing_network_is_reported(
    hub: Hub, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused connection and an unknown host."""
    for address in ("http://127.0.0.1:9", "http://hub.invalid"):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        with pytest.raises(OutputError, match=rf"Hub at {address} could not be reached.*HF_END"):
            push(published, "ann/tickets")
    assert not hub.asked


def test_offline_or_without_a_token_there_is_no_request(
    hub: Hub, published: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The message says which variable to unset, or how to get a token."""
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(OutputError, match="no access token found: run `hf auth login`"):
        push(published, "ann/tickets")
    with pytest.raises(UsageError, check=about(option="token")):
        push(published, "ann/tickets", token="hf_ä")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubUnavailable, match="unset HF_HUB_OFFLINE and push again"):
        push(published, "ann/tickets", token=TOKEN)
    assert not hub.asked


@pytest.mark.slow
def test_the_push_command_uploads_no_user_texts(
    hub: Hub, toy_fit: FitResult, toy_tickets: Path, tmp_path: Path
) -> None:
    """All files arrive completely, and none contains a row of the data."""
    found = subprocess.run(
        [sys.executable, "-m", "tunesmith", "push", str(toy_fit.path), "ann/tickets"],
        env=os.environ
        | {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
        | {"HF_HOME": str(tmp_path), "TRANSFORMERS_OFFLINE": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith(f"{hub.url}/ann/tickets: ")
    assert "left out: confusions.parquet, held_out.parquet, report.html" in found.stdout
    assert TOKEN not in found.stdout
    sent = pack(toy_fit.path).files
    whole = {
        name: part if isinstance(part, bytes) else part.read_bytes() for name, part in sent.items()
    }
    assert hub.files == whole
    requests = ["repos/create", "ann/tickets", "preupload/main", "objects/batch", "commit/main"]
    for asked in hub.asked:
        assert asked.endswith((*requests, "validate-yaml"))
    with toy_tickets.open(encoding="utf-8", newline="") as file:
        texts = [row["text"].encode() for row in csv.DictReader(file)]
    for name, content in hub.files.items():
        words = re.sub(rb"\s+", b" ", content) if len(content) < 10_000_000 else b""
        assert not [text for text in texts if text in content or text in words], name
