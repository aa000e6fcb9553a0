"""Model folders are written atomically, verified when loaded, and give the same vectors."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tunesmith.encoders.save import write_encoder
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DamagedModel, ModelError, OutputError, UnknownModel, UsageError
from tunesmith.home import current_home
from tunesmith.models import attach, export, load
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
    encoder = Path(tempfile.mkdtemp(dir=current_home().models.parent))
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
    """The folder gives the same vectors without Tunesmith, to 1e-5."""
    out = write(tmp_path / "model", tiny_model)
    plain = SentenceTransformer(str(out), device="cpu").encode(TEXTS)
    assert np.abs(plain - models.load(out).encode(TEXTS)).max() < 1e-5
    assert plain.shape == (3, 8)


def test_labels_keep_their_order_and_carry_probabilities(tiny_model: Path, tmp_path: Path) -> None:
    """Each prediction lists all labels in the model's order; its label is the most probable."""
    model = models.load(write(tmp_path / "model", tiny_model))
    predictions = model.classify(TEXTS)
    assert [tuple(item.probabilities) for item in predictions] == [("b", "a", "c")] * 3
    assert all(item.labels == (item.label,) for item in predictions)
    assert all(sum(item.probabilities.values()) == pytest.approx(1) for item in predictions)


def test_similarity_and_search(tiny_model: Path, tmp_path: Path) -> None:
    """A text is most similar to itself."""
    model = models.load(write(tmp_path / "model", tiny_model))
    assert np.allclose(np.diag(model.similarity(TEXTS)), 1, atol=1e-5)
    assert model.search(["help"], TEXTS, k=2).indices[0, 0] == 1


def test_a_model_without_labels_does_not_classify(tiny_model: Path, tmp_path: Path) -> None:
    """The message says that there is no classifier."""
    model = models.load(write(tmp_path / "model", tiny_model, classifier=None))
    with pytest.raises(UsageError, match="no classifier"):
        model.classify(TEXTS)


@pytest.mark.parametrize("name", ["model.safetensors", "classifier.safetensors", "config.json"])
def test_a_damaged_folder_is_rejected_and_the_file_named(
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
    """An edited model card is not damage."""
    out = write(tmp_path / "model", tiny_model)
    (out / "README.md").write_text("my own words")
    assert models.load(out).id == "model"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99, "files": {}, "summary": {}}'])
def test_broken_metadata_are_rejected(tiny_model: Path, tmp_path: Path, text: str) -> None:
    """The error names tunesmith.json, whatever its content."""
    out = write(tmp_path / "model", tiny_model)
    (out / "tunesmith.json").write_text(text)
    with pytest.raises(DamagedModel, match=r"tunesmith\.json"):
        models.load(out)


def test_a_failure_leaves_the_earlier_model_and_nothing_else(
    tiny_model: Path, tmp_path: Path
) -> None:
    """If the pages cannot be written, the folder is unchanged."""
    out = write(tmp_path / "model", tiny_model)
    before = (out / "tunesmith.json").read_bytes()

    def full_disk(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left on device"):
        write(out, tiny_model, write_pages=full_disk)
    assert (out / "tunesmith.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_foreign_folders_and_files_are_not_overwritten(tiny_model: Path, tmp_path: Path) -> None:
    """A folder with other files is left unchanged."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(OutputError, match="not a model"):
        write(tmp_path / "thesis", tiny_model)
    with pytest.raises(OutputError, match="is a file"):
        write(tmp_path / "thesis" / "chapter.txt", tiny_model)
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"


def test_a_model_is_restored_after_a_killed_replacement(tiny_model: Path, tmp_path: Path) -> None:
    """Between the two renames of a replacement, the old model briefly has another name."""
    out = write(tmp_path / "model", tiny_model)
    out.rename(tmp_path / ".model-abcdefgh-old")

    def broken(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError):
        write(out, tiny_model, write_pages=broken)
    assert models.load(out).id == "model"


def test_the_current_folder_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working directory of the process would be deleted."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="current folder"):
        model_folders.check_writable(Path.cwd(), overwrite=False)


def test_checking_an_output_creates_no_files(tmp_path: Path) -> None:
    """Parent folders are created only when the model is written."""
    model_folders.check_writable(tmp_path / "deep" / "er" / "model", overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_models_are_found_by_id_and_by_path(tiny_model: Path) -> None:
    """An id is looked up only in the home folder and cannot refer to a path outside it."""
    current_home().models.mkdir(parents=True)
    out = write(current_home().models / "tickets-1", tiny_model)
    assert models.find("tickets-1") == models.find(out) == out
    assert models.installed() == [out]
    for name in ("tickets-2", "../models/tickets-3", "/etc", "..", ""):
        with pytest.raises(UnknownModel, match="choose one of tickets-1"):
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
    """For any file name."""
    assert model_folders.model_id(source, "123456789") == expected


class LayerTuner:
    """A tuner with these layers."""

    def __init__(self, *parts: Layer) -> None:
        self.parts = parts

    def as_layers(self) -> tuple[Layer, ...]:
        return self.parts

    def transform(self, X: np.ndarray) -> np.ndarray:
        return apply_layers(self.parts, X)


def test_an_attached_model_gives_the_vectors_of_the_tuner(tiny_model: Path, tmp_path: Path) -> None:
    """Also with sentence-transformers alone; the original encoder is unchanged."""
    encoder = SentenceEncoder(str(tiny_model), cache=False)
    before = encoder.encode(TEXTS)
    tuner = LayerTuner(*layers())
    tuned = attach(encoder, tuner, tmp_path / "tuned")
    np.testing.assert_allclose(tuned.encode(TEXTS), tuner.transform(before), atol=1e-5)
    plain = SentenceTransformer(str(tmp_path / "tuned"), device="cpu")
    np.testing.assert_allclose(plain.encode(TEXTS), tuner.transform(before), atol=1e-5)
    np.testing.assert_array_equal(encoder.encode(TEXTS), before)
    with pytest.raises(OutputError, match="already exists"):
        attach(encoder, tuner, tmp_path / "tuned")


def test_an_attached_model_is_a_model_folder(tiny_model: Path, tmp_path: Path) -> None:
    """It has a card and its origin, and can be loaded and exported."""
    encoder = SentenceEncoder(str(tiny_model), cache=False)
    tuned = attach(encoder, LayerTuner(*layers()), tmp_path / "tuned")
    model = load(tmp_path / "tuned")
    np.testing.assert_allclose(model.encode(TEXTS), tuned.encode(TEXTS), atol=1e-6)
    assert model.metadata["attached"]["steps"] == ["SentenceEncoder", "LayerTuner"]
    card = (tmp_path / "tuned" / "README.md").read_text("utf-8")
    assert f"LayerTuner on {tiny_model.name}" in card
    assert f"{tuned.dimension} dimensions. It was not evaluated." in card
    assert export(tmp_path / "tuned", tmp_path / "tuned.zip").path.is_file()


def test_a_tuner_that_does_not_fit_is_not_attached(tiny_model: Path, tmp_path: Path) -> None:
    """Another dimension, or a transform that differs from the layers; no folder remains."""
    encoder = SentenceEncoder(str(tiny_model), cache=False)
    narrow = Layer(np.zeros((3, 8), np.float32), np.zeros(3, np.float32))
    with pytest.raises((UsageError, ValueError)):
        attach(encoder, LayerTuner(narrow), tmp_path / "tuned")

    class Inconsistent(LayerTuner):
        def transform(self, X: np.ndarray) -> np.ndarray:
            return -super().transform(X)

    with pytest.raises(ModelError, match="report this bug"):
        attach(encoder, Inconsistent(*layers()), tmp_path / "tuned")
    assert list(tmp_path.iterdir()) == []
