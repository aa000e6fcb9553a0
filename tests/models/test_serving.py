"""A model loaded for serving: fixed at load, and no vector depends on the other texts."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tunesmith import SentenceEncoder, serve
from tunesmith.encoders.backends.engine import Backend, Precision
from tunesmith.encoders.protocol import Encoder
from tunesmith.errors import DamagedModel, UsageError
from tunesmith.models import LoadedModel
from tunesmith.results.fit_result import FitResult

WORDS = ["card", "order", "refund", "late", "cancel", "login", "pay", "money", "broken"]
MIXED = ["", "a", "🎻🔥", "card " * 60, *(" ".join(WORDS[:n]) for n in range(1, 9)), "card"]


@pytest.fixture(scope="module")
def served(toy_fit: FitResult, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """The toy model, whose folder is gone after it was loaded."""
    folder = tmp_path_factory.mktemp("served") / "toy"
    shutil.copytree(toy_fit.path, folder)
    model = serve(folder, threads=1)
    shutil.rmtree(folder)
    return model


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """What is opened from now on: files, folders and databases."""
    seen: list[str] = []
    watching = True

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event in {"open", "os.listdir", "os.scandir", "sqlite3.connect"}:
            seen.append(f"{event} {arguments[0]}")

    sys.addaudithook(hook)
    yield seen
    watching = False


def test_a_call_opens_nothing(served: LoadedModel, opened: list[str]) -> None:
    """Neither a file nor the cache, for any method; the folder no longer exists."""
    assert served.classify(["card pay"])[0].label in served.labels
    assert served.encode(MIXED).shape[0] == len(MIXED)
    assert served.search(["card"], WORDS, k=1).indices.shape == (1, 1)
    assert served.encoder.token_lengths(["card"]).tolist() == [3]
    assert opened == []


def test_it_is_an_encoder(served: LoadedModel) -> None:
    """Wherever an encoder is accepted."""
    assert isinstance(served.encoder, Encoder)
    assert (served.id, len(served.digest), served.encoder.threads) == ("toy", 64, 1)
    assert "toy" in repr(served)


@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_a_vector_depends_on_its_text_only(
    tiny_model: Path, precision: Precision, backend: Backend
) -> None:
    """Alone, among others, or among a thousand: the same to 1e-6."""
    if (precision, backend) == ("int8", "torch"):
        pytest.skip("int8 runs on ONNX Runtime only")
    encoder = SentenceEncoder(str(tiny_model), backend=backend, precision=precision, cache=False)
    fixed = encoder.fixed(threads=2)
    together = fixed.encode(MIXED)
    many = fixed.encode([*(f"{word} {number}" for word in WORDS for number in range(111)), *MIXED])
    alone = np.concatenate([fixed.encode([text]) for text in MIXED])
    assert np.abs(together - alone).max() < 1e-6
    assert np.abs(many[-len(MIXED) :] - alone).max() < 1e-6
    assert np.abs(encoder.encode(MIXED) - alone).max() < 1e-6


@pytest.mark.slow
@pytest.mark.usefixtures("common_home")
def test_int8_of_the_real_model_depends_on_the_text_only(examples: Path) -> None:
    """Activations are scaled for each text, so that no neighbour changes a vector."""
    texts = (examples / "texts.txt").read_text("utf-8").splitlines()[:24]
    fixed = serve("all-MiniLM-L6-v2", precision="int8")
    alone = np.concatenate([fixed.encode([text]) for text in texts])
    assert np.abs(fixed.encode(texts) - alone).max() < 1e-6


def test_wrong_parameters_are_refused(tiny_model: Path) -> None:
    """At load, not at the first call."""
    with pytest.raises(UsageError) as caught:
        serve(tiny_model, threads=0)
    assert caught.value.option == "threads"
    with pytest.raises(UsageError):
        serve(tiny_model, precision="int4")  # type: ignore[arg-type]  # not a precision


def test_a_damaged_model_is_not_served(toy_fit: FitResult, tmp_path: Path) -> None:
    """The digests are compared when it is loaded."""
    folder = tmp_path / "toy"
    shutil.copytree(toy_fit.path, folder)
    (folder / "classifier.safetensors").write_bytes(b"")
    with pytest.raises(DamagedModel):
        serve(folder)
