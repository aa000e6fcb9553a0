"""A model handed on is whole, verified, the same bytes each time, and holds no text of the data."""

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
from tunesmith.errors import DamagedModel, OutputError, UnknownModel, UsageError
from tunesmith.models import folder as model_folders
from tunesmith.models import publish
from tunesmith.results.summary import FitResult
from tunesmith.vectors.linear_classifier import LinearClassifier

CARD = "# A card\n"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that the real client is told to use, over HTTP as the real one."""
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
    """A fitted model's folder with a report, a card, and a file that nobody but its owner knows."""
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


# what is handed on


def test_only_what_a_fit_wrote_is_handed_on(model: Path) -> None:
    """The verified files, tunesmith.json and the card; the report when asked, strangers never."""
    package = publish.pack(model.name)
    listed = json.loads((model / "tunesmith.json").read_text(encoding="utf-8"))["files"]
    assert list(package.files) == sorted({*listed, "tunesmith.json", "README.md"})
    assert package.left_out == ("report.html", "tickets.csv")
    assert "report.html" in publish.pack(model.name, with_report=True).files


def test_a_folder_of_this_machine_is_not_told(model: Path) -> None:
    """The base's folder is cut to its name; everything else is as it was."""
    text = (model / "tunesmith.json").read_text(encoding="utf-8")
    told = text.replace('"all-MiniLM-L6-v2"', '"/home/ann/bases/mine"')
    (model / "tunesmith.json").write_text(told, encoding="utf-8")
    content = publish.pack(model).files["tunesmith.json"]
    assert isinstance(content, bytes)
    assert content.decode() == text.replace("all-MiniLM-L6-v2", "mine")


def test_damage_and_links_out_are_refused(model: Path, tmp_path: Path) -> None:
    """A changed file, a missing one, and a card that is a link to something else."""
    (model / "README.md").unlink()
    (tmp_path / "diary.md").write_text("dear diary", encoding="utf-8")
    (model / "README.md").symlink_to(tmp_path / "diary.md")
    with pytest.raises(DamagedModel, match=r"README\.md is a link that leads out"):
        publish.pack(model)
    (model / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DamagedModel, match=r"config\.json was changed"):
        publish.pack(model)
    (model / "config.json").unlink()
    with pytest.raises(DamagedModel, match=r"config\.json is missing"):
        publish.pack(model)
    with pytest.raises(UnknownModel, match="nobody"):
        publish.pack("nobody")


# export


def test_the_same_model_gives_the_same_bytes(model: Path, tmp_path: Path) -> None:
    """Whatever the files' times and rights; it holds what the folder holds."""
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


def test_what_is_unzipped_is_a_model(model: Path, tmp_path: Path) -> None:
    """It loads, its files verified, and gives the same vectors and labels."""
    with ZipFile(publish.export(model, tmp_path / "a.zip").path) as archive:
        archive.extractall(tmp_path)
    there, here = tunesmith.load(tmp_path / model.name), tunesmith.load(model)
    texts = ["my card is late", "refund"]
    assert np.array_equal(there.encode(texts), here.encode(texts))
    assert there.classify(texts) == here.classify(texts)


def test_nothing_is_overwritten_and_nothing_half_written(model: Path, tmp_path: Path) -> None:
    """A file or a link that is there, a folder that is not, another ending."""
    (tmp_path / "a.zip").write_text("years of work", encoding="utf-8")
    (tmp_path / "b.zip").symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.iterdir())
    for name, message in [
        ("a.zip", "is there already"),
        ("b.zip", "is there already"),
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
def test_a_push_sends_every_file_whole(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    """Weights, tunesmith.json and card arrive as they are, in one commit; no text of the data."""
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


def test_a_push_does_as_it_is_told(hub: Hub, model: Path) -> None:
    """Public, with the report, a message and a token of one's own."""
    sent = publish.push(
        model, "ann/t", private=False, with_report=True, message="Autumn", token=" hf_other\n"
    )
    assert hub.files["report.html"] == b"<p>a secret"
    assert (hub.public["ann/t"], sent.private) == (True, False)
    assert hub.messages == ["Autumn"]
    assert hub.tokens == {"Bearer hf_other"}


def test_what_is_private_does_not_become_public(hub: Hub, model: Path) -> None:
    """A repository that is there takes a new commit, but a public one only when that is meant."""
    hub.public |= {"ann/open": True, "ann/closed": False}
    with pytest.raises(OutputError, match="there already and public: give --public"):
        publish.push(model, "ann/open")
    assert not hub.files
    assert not publish.push(model, "ann/open", private=False).private
    assert publish.push(model, "ann/closed").private
    assert publish.push(model, "ann/closed", private=False).private


CREATE, BATCH = "/api/repos/create", "/ann/tickets.git/info/lfs"


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        (CREATE, 400, "answers 400"),
        (CREATE, 401, "does not know the token: make one with write access at .*/settings/tokens"),
        (CREATE, 402, "answers 402"),
        (CREATE, 403, "take a name under your own user, or a token with write access to ann"),
        (CREATE, 404, "the hub knows no ann"),
        (CREATE, 500, "answers 500.* try again later"),
        ("/api/models/ann/tickets/preupload", 401, "does not know the token"),
        ("/api/models/ann/tickets/preupload", 404, "the hub knows no ann"),
        (BATCH, 403, "the token may not write there"),
        ("/api/models/ann/tickets/commit", 409, "something else is changing it"),
        ("/api/models/ann/tickets/commit", 413, "answers 413"),
        ("/api/models/ann/tickets/commit", 429, "wait some minutes"),
    ],
)
def test_a_refusal_is_one_line_with_the_way_out(
    hub: Hub, model: Path, path: str, status: int, message: str
) -> None:
    """Whichever request is refused; the token is not in the line even where the hub repeats it."""
    hub.answers = {path: status}
    with pytest.raises(OutputError, match=message) as caught:
        publish.push(model, "ann/tickets")
    assert str(caught.value).startswith("ann/tickets was not pushed: ")
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert not hub.files


def test_no_network_is_told(hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection and a name that leads nowhere."""
    for address in ("http://127.0.0.1:9", "http://hub.invalid"):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        with pytest.raises(OutputError, match=rf"hub at {address} could not be reached.*HF_END"):
            publish.push(model, "ann/tickets")
    assert not hub.asked


def test_offline_and_without_a_token_nothing_is_asked(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The line says what to unset, or how to get a token."""
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(OutputError, match="no access token: run `hf auth login`"):
        publish.push(model, "ann/tickets")
    with pytest.raises(UsageError, match="the token given is none"):
        publish.push(model, "ann/tickets", token="hf_ä")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(OutputError, match="unset HF_HUB_OFFLINE and push again"):
        publish.push(model, "ann/tickets", token=TOKEN)
    assert not hub.asked


# with a model that was fitted


def test_an_exported_fit_is_a_plain_sentence_transformer(
    toy_fit: FitResult, tmp_path: Path
) -> None:
    """Unzipped elsewhere it gives the fit's vectors with and without Tunesmith, and its labels."""
    with ZipFile(publish.export(toy_fit.path, tmp_path / "t.zip").path) as archive:
        archive.extractall(tmp_path)
    texts = ["where is my parcel?", "I was charged twice"]
    here, there = tunesmith.load(toy_fit.path), tunesmith.load(tmp_path / "tuned")
    assert np.array_equal(here.encode(texts), there.encode(texts))
    assert here.classify(texts) == there.classify(texts)
    plain = SentenceTransformer(str(tmp_path / "tuned"), device="cpu").encode(texts)
    assert np.abs(plain - here.encode(texts)).max() < 1e-5


@pytest.mark.slow
def test_the_command_pushes_a_fit_without_a_text_of_its_data(
    hub: Hub, toy_fit: FitResult, toy_tickets: Path, tmp_path: Path
) -> None:
    """The real command in a process of its own: what arrives whole holds none of the rows."""
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
