"""A model folder is whole or not there, and says what it was measured to say."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tunesmith.encoders.save import write_encoder
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DamagedModel, OutputError, UnknownModel, UsageError
from tunesmith.home import models_folder
from tunesmith.models import folder as model_folders
from tunesmith.models import model as models
from tunesmith.vectors.layers import Layer, apply_layers
from tunesmith.vectors.linear_classifier import LinearClassifier

TEXTS = ["my card is late", "help", "cancel my order"]


def layers(seed: int = 0) -> tuple[Layer, ...]:
    weight = np.random.default_rng(seed).normal(size=(8, 32)).astype(np.float32)
    return (Layer(weight, np.zeros(8, dtype=np.float32), "identity"),)


def classifier() -> LinearClassifier:
    weight = np.random.default_rng(1).normal(size=(3, 8)).astype(np.float32)
    return LinearClassifier(weight, np.zeros(3, dtype=np.float32), ("b", "a", "c"))


def write(out: Path, base: Path, **changed: object) -> Path:
    encoder = Path(tempfile.mkdtemp(dir=models_folder().parent))
    write_encoder(base, layers(), encoder)
    keywords = {
        "encoder": encoder,
        "classifier": classifier(),
        "summary": {"source": "tickets.csv"},
        "write_pages": lambda folder: (folder / "README.md").write_text("card"),
    }
    model_folders.save(out, **(keywords | changed))  # type: ignore[arg-type]  # given by name
    return out


def test_a_plain_sentence_transformer_gives_the_tuned_vectors(
    tiny_model: Path, tmp_path: Path
) -> None:
    """Without Tunesmith the folder encodes the same, to 1e-5."""
    out = write(tmp_path / "model", tiny_model)
    plain = SentenceTransformer(str(out), device="cpu").encode(TEXTS)
    assert np.abs(plain - models.load(out).encode(TEXTS)).max() < 1e-5
    assert plain.shape == (3, 8)


def test_labels_keep_their_order_and_carry_probabilities(tiny_model: Path, tmp_path: Path) -> None:
    """Every prediction lists all labels in the model's order; the likeliest is its label."""
    model = models.load(write(tmp_path / "model", tiny_model))
    predictions = model.classify(TEXTS)
    assert [tuple(item.probabilities) for item in predictions] == [("b", "a", "c")] * 3
    assert all(item.labels == (item.label,) for item in predictions)
    assert all(sum(item.probabilities.values()) == pytest.approx(1) for item in predictions)


def test_similarity_and_search(tiny_model: Path, tmp_path: Path) -> None:
    """A text is nearest to itself."""
    model = models.load(write(tmp_path / "model", tiny_model))
    assert np.allclose(np.diag(model.similarity(TEXTS)), 1, atol=1e-5)
    assert model.search(["help"], TEXTS, k=2).indices[0, 0] == 1


def test_a_model_without_labels_does_not_classify(tiny_model: Path, tmp_path: Path) -> None:
    """It says that it has no classifier."""
    model = models.load(write(tmp_path / "model", tiny_model, classifier=None))
    with pytest.raises(UsageError, match="no classifier"):
        model.classify(TEXTS)


@pytest.mark.parametrize("name", ["model.safetensors", "classifier.safetensors", "config.json"])
def test_a_damaged_folder_is_refused_with_the_file_named(
    tiny_model: Path, tmp_path: Path, name: str
) -> None:
    """One changed byte, or a missing file."""
    out = write(tmp_path / "model", tiny_model)
    content = (out / name).read_bytes()
    (out / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DamagedModel, match=f"{name} was changed"):
        models.load(out)
    (out / name).unlink()
    with pytest.raises(DamagedModel, match=f"{name} is missing"):
        models.load(out)


def test_pages_may_be_edited(tiny_model: Path, tmp_path: Path) -> None:
    """A model card that its owner rewrote is no damage."""
    out = write(tmp_path / "model", tiny_model)
    (out / "README.md").write_text("my own words")
    assert models.load(out).id == "model"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99, "files": {}, "summary": {}}'])
def test_broken_metadata_is_refused(tiny_model: Path, tmp_path: Path, text: str) -> None:
    """Whatever stands in tunesmith.json, the error names that file."""
    out = write(tmp_path / "model", tiny_model)
    (out / "tunesmith.json").write_text(text)
    with pytest.raises(DamagedModel, match=r"tunesmith\.json"):
        models.load(out)


def test_a_failure_leaves_the_earlier_model_and_nothing_else(
    tiny_model: Path, tmp_path: Path
) -> None:
    """When the pages cannot be written, the folder is as it was before."""
    out = write(tmp_path / "model", tiny_model)
    before = (out / "tunesmith.json").read_bytes()

    def full_disk(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left on device"):
        write(out, tiny_model, write_pages=full_disk)
    assert (out / "tunesmith.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_foreign_folders_and_files_are_not_overwritten(tiny_model: Path, tmp_path: Path) -> None:
    """A folder that holds something else stays as it is."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(OutputError, match="holds something that is no model"):
        write(tmp_path / "thesis", tiny_model)
    with pytest.raises(OutputError, match="is a file"):
        write(tmp_path / "thesis" / "chapter.txt", tiny_model)
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"


def test_a_model_that_a_kill_left_aside_is_put_back(tiny_model: Path, tmp_path: Path) -> None:
    """Between the two renames of a replacement the old model has another name for a moment."""
    out = write(tmp_path / "model", tiny_model)
    out.rename(tmp_path / ".model-abcdefgh-old")

    def broken(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError):
        write(out, tiny_model, write_pages=broken)
    assert models.load(out).id == "model"


def test_the_folder_one_is_in_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would vanish under the user's feet."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="the folder you are in"):
        model_folders.check_writable(Path.cwd())


def test_checking_an_output_leaves_nothing_behind(tmp_path: Path) -> None:
    """Folders on the way are made when the model is written, not before."""
    model_folders.check_writable(tmp_path / "deep" / "er" / "model")
    assert list(tmp_path.iterdir()) == []


def test_models_are_found_by_id_and_by_path(tiny_model: Path) -> None:
    """An id is looked up in the home only; it can never lead out of it."""
    models_folder().mkdir(parents=True)
    out = write(models_folder() / "tickets-1", tiny_model)
    assert models.find("tickets-1") == models.find(out) == out
    assert models.installed() == [out]
    for name in ("tickets-2", "../models/tickets-3", "/etc", "..", ""):
        with pytest.raises(UnknownModel, match="models here: tickets-1"):
            models.find(name)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("My Tickets.csv", "my-tickets-123456"),
        ("../../etc/passwd", "passwd-123456"),
        ("日本.csv", "model-123456"),
        ("<script>.jsonl.gz", "script-123456"),
    ],
)
def test_a_model_id_is_a_safe_folder_name(source: str, expected: str) -> None:
    """Whatever the file is called."""
    assert model_folders.model_id(source, "123456789") == expected


class Tuned:
    """A tuner of these layers."""

    def __init__(self, *parts: Layer) -> None:
        self.parts = parts

    def as_layers(self) -> tuple[Layer, ...]:
        return self.parts

    def transform(self, X: np.ndarray) -> np.ndarray:
        return apply_layers(self.parts, X)


def test_attached_vectors_are_the_tuners(tiny_model: Path, tmp_path: Path) -> None:
    """The new folder gives them with sentence-transformers alone; the encoder keeps its own."""
    encoder = SentenceEncoder(str(tiny_model), cache=False)
    before = encoder.encode(TEXTS)
    tuner = Tuned(*layers())
    tuned = models.attach(encoder, tuner, tmp_path / "tuned")
    np.testing.assert_allclose(tuned.encode(TEXTS), tuner.transform(before), atol=1e-5)
    plain = SentenceTransformer(str(tmp_path / "tuned"), device="cpu")
    np.testing.assert_allclose(plain.encode(TEXTS), tuner.transform(before), atol=1e-5)
    np.testing.assert_array_equal(encoder.encode(TEXTS), before)
    with pytest.raises(OutputError, match="is there already"):
        models.attach(encoder, tuner, tmp_path / "tuned")


def test_what_does_not_fit_is_not_attached(tiny_model: Path, tmp_path: Path) -> None:
    """Another width, or a transform that is not that of the layers; nothing is left behind."""
    encoder = SentenceEncoder(str(tiny_model), cache=False)
    narrow = Layer(np.zeros((3, 8), np.float32), np.zeros(3, np.float32))
    with pytest.raises((UsageError, ValueError)):
        models.attach(encoder, Tuned(narrow), tmp_path / "tuned")

    class Other(Tuned):
        def transform(self, X: np.ndarray) -> np.ndarray:
            return -super().transform(X)

    with pytest.raises(UsageError, match="other vectors than the tuner"):
        models.attach(encoder, Other(*layers()), tmp_path / "tuned")
    assert list(tmp_path.iterdir()) == []
