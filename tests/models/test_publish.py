"""Published models are complete, verified and reproducible, and contain no user texts."""

import csv
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from huggingface_hub import constants
from sentence_transformers import SentenceTransformer

import tunesmith
from tests.local_hub import TOKEN, Hub
from tunesmith.errors import DamagedModel, HubUnavailable, OutputError, UnknownModel, UsageError
from tunesmith.models import folder as model_folders
from tunesmith.models import publish
from tunesmith.results.fit_result import FitResult
from tunesmith.vectors.linear_classifier import LinearClassifier

CARD = "# A card\n"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A local HTTP server that the real client uses as the Hub."""
    with Hub() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server
        server.shutdown()


@pytest.fixture
def model(home: Path, tiny_encoder: Path) -> Path:
    """The folder of a fitted model with a report, a card and an unrelated file."""
    weight = np.random.default_rng(0).normal(size=(2, 32)).astype(np.float32)
    path = home / "models" / "tickets-3f2a1c"
    model_folders.save(
        path,
        encoder=tiny_encoder,
        classifier=LinearClassifier(weight, np.zeros(2, dtype=np.float32), ("late", "lost")),
        summary={"source": "tickets.csv", "base": "all-MiniLM-L6-v2"},
        write_pages=_write_pages,
    )
    (path / "tickets.csv").write_text("text,label\na secret,late\n", encoding="utf-8")
    return path


def _write_pages(folder: Path) -> None:
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    (folder / "report.html").write_text("<p>a secret", encoding="utf-8")


def _contents(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


# pack


def test_only_files_of_the_fit_are_published(model: Path) -> None:
    """Verified files, tunesmith.json and the card; the report on request; never other files."""
    package = publish.pack(model.name)
    listed = json.loads((model / "tunesmith.json").read_text(encoding="utf-8"))["files"]
    assert list(package.files) == sorted({*listed, "tunesmith.json", "README.md"})
    assert package.left_out == ("report.html", "tickets.csv")
    assert "report.html" in publish.pack(model.name, with_report=True).files


def test_local_paths_are_not_published(model: Path) -> None:
    """The path of the base is shortened to its name; everything else is unchanged."""
    text = (model / "tunesmith.json").read_text(encoding="utf-8")
    local = text.replace('"all-MiniLM-L6-v2"', '"/home/ann/bases/mine"')
    (model / "tunesmith.json").write_text(local, encoding="utf-8")
    content = publish.pack(model).files["tunesmith.json"]
    assert isinstance(content, bytes)
    assert content.decode() == text.replace("all-MiniLM-L6-v2", "mine")


def test_damage_and_external_links_are_rejected(model: Path, tmp_path: Path) -> None:
    """A changed file, a missing one, and a card that is a link to another file."""
    (model / "README.md").unlink()
    (tmp_path / "diary.md").write_text("dear diary", encoding="utf-8")
    (model / "README.md").symlink_to(tmp_path / "diary.md")
    with pytest.raises(DamagedModel, match=r"README\.md is a link to a file outside"):
        publish.pack(model)
    (model / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DamagedModel, match=r"config\.json was changed"):
        publish.pack(model)
    (model / "config.json").unlink()
    with pytest.raises(DamagedModel, match=r"config\.json is missing"):
        publish.pack(model)
    with pytest.raises(UnknownModel, match="no-such-model"):
        publish.pack("no-such-model")


# export


def test_exports_are_reproducible(model: Path, tmp_path: Path) -> None:
    """Timestamps and permissions do not matter; the content equals that of the folder."""
    first = publish.export(model.name, tmp_path / "a.zip").path
    (model / "README.md").touch()
    (model / "config.json").chmod(0o600)
    second = publish.export(model, tmp_path / "b.zip").path
    assert first.read_bytes() == second.read_bytes()
    contents = _contents(first)
    assert list(contents) == sorted(contents)
    for name, content in contents.items():
        folder, _, inside = name.partition("/")
        assert folder == model.name
        assert (model / inside).read_bytes() == content
    assert b"a secret" not in b"".join(contents.values())
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_an_unzipped_export_is_a_model(model: Path, tmp_path: Path) -> None:
    """It can be loaded and verified, and gives the same vectors and labels."""
    with ZipFile(publish.export(model, tmp_path / "a.zip").path) as archive:
        archive.extractall(tmp_path)
    unzipped, original = tunesmith.load(tmp_path / model.name), tunesmith.load(model)
    texts = ["my card is late", "refund"]
    assert np.array_equal(unzipped.encode(texts), original.encode(texts))
    assert unzipped.classify(texts) == original.classify(texts)


def test_no_file_is_overwritten_and_none_is_incomplete(model: Path, tmp_path: Path) -> None:
    """An existing file or link, a missing folder, another ending."""
    (tmp_path / "a.zip").write_text("years of work", encoding="utf-8")
    (tmp_path / "b.zip").symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.iterdir())
    for name, message in [
        ("a.zip", "already exists"),
        ("b.zip", "already exists"),
        ("absent/a.zip", "there is no folder"),
        (f"{'a' * 300}.zip", "cannot be written"),
    ]:
        with pytest.raises(OutputError, match=message):
            publish.export(model, tmp_path / name)
    with pytest.raises(UsageError, match=r"ends in \.zip"):
        publish.export(model, tmp_path / "a.tar")
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "a.zip").read_text(encoding="utf-8") == "years of work"


# push


@pytest.mark.parametrize("large", [1_000, publish.LARGE])
def test_a_push_uploads_every_file_completely(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    """Weights, tunesmith.json and card arrive unchanged in one commit, without user texts."""
    monkeypatch.setattr(publish, "LARGE", large)
    sent = publish.push(model.name, "ann/tickets")
    package = publish.pack(model)
    assert hub.files == {name: (model / name).read_bytes() for name in package.files}
    assert {"model.safetensors", "tunesmith.json", "README.md"} <= set(hub.files)
    assert len(hub.large) == 3
    assert b"a secret" not in b"".join(hub.files.values())
    assert hub.messages == [f"Model {model.name}"]
    assert hub.public == {"ann/tickets": False}
    assert hub.tokens == {f"Bearer {TOKEN}"}
    assert (sent.url, sent.private, sent.commit) == (f"{hub.url}/ann/tickets", True, "c0ffee")


def test_the_options_of_push(hub: Hub, model: Path) -> None:
    """Public, with the report, a custom message and a custom token."""
    sent = publish.push(
        model, "ann/t", private=False, with_report=True, message="Autumn", token=" hf_other\n"
    )
    assert hub.files["report.html"] == b"<p>a secret"
    assert (hub.public["ann/t"], sent.private) == (True, False)
    assert hub.messages == ["Autumn"]
    assert hub.tokens == {"Bearer hf_other"}


def test_a_private_model_is_not_pushed_to_a_public_repository(hub: Hub, model: Path) -> None:
    """An existing repository gets a new commit, but a public one only with private=False."""
    hub.public |= {"ann/open": True, "ann/closed": False}
    with pytest.raises(OutputError, match="is public: use `private=False`"):
        publish.push(model, "ann/open")
    assert not hub.files
    assert not publish.push(model, "ann/open", private=False).private
    assert publish.push(model, "ann/closed").private
    assert publish.push(model, "ann/closed", private=False).private


CREATE, BATCH = "/api/repos/create", "/ann/tickets.git/info/lfs"


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
    hub: Hub, model: Path, path: str, status: int, message: str
) -> None:
    """For any failed request; the token is never shown, even if the Hub repeats it."""
    hub.answers = {path: status}
    with pytest.raises(OutputError, match=message) as caught:
        publish.push(model, "ann/tickets")
    assert str(caught.value).startswith("ann/tickets was not pushed: ")
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert not hub.files


def test_a_missing_network_is_reported(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused connection and an unknown host."""
    for address in ("http://127.0.0.1:9", "http://hub.invalid"):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        with pytest.raises(OutputError, match=rf"Hub at {address} could not be reached.*HF_END"):
            publish.push(model, "ann/tickets")
    assert not hub.asked


def test_offline_or_without_a_token_there_is_no_request(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The message says which variable to unset, or how to get a token."""
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(OutputError, match="no access token found: run `hf auth login`"):
        publish.push(model, "ann/tickets")
    with pytest.raises(UsageError, match="token is invalid"):
        publish.push(model, "ann/tickets", token="hf_ä")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubUnavailable, match="unset HF_HUB_OFFLINE and push again"):
        publish.push(model, "ann/tickets", token=TOKEN)
    assert not hub.asked


# with a model that was fitted


def test_an_exported_fit_is_a_sentence_transformers_model(
    toy_fit: FitResult, tmp_path: Path
) -> None:
    """The unzipped model gives the same vectors, with and without Tunesmith, and labels."""
    with ZipFile(publish.export(toy_fit.path, tmp_path / "t.zip").path) as archive:
        archive.extractall(tmp_path)
    texts = ["where is my parcel?", "I was charged twice"]
    original, unzipped = tunesmith.load(toy_fit.path), tunesmith.load(tmp_path / "tuned")
    assert np.array_equal(original.encode(texts), unzipped.encode(texts))
    assert original.classify(texts) == unzipped.classify(texts)
    plain = SentenceTransformer(str(tmp_path / "tuned"), device="cpu").encode(texts)
    assert np.abs(plain - original.encode(texts)).max() < 1e-5


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
    assert "left out: report.html" in found.stdout
    assert TOKEN not in found.stdout
    sent = publish.pack(toy_fit.path).files
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
