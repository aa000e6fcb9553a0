"""Appended layers work in plain sentence-transformers."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tunesmith.encoders.model_files.dense_modules import save_with_layers
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import OutputError, UsageError
from tunesmith.vectors.layers import Activation, Layer, apply_layers

TEXTS = ["help my card", "order late", "", "😀", "money " * 100]


def _layer(out: int, width: int, activation: Activation = "identity", seed: int = 0) -> Layer:
    draw = np.random.default_rng(seed)
    return Layer(
        draw.normal(size=(out, width)).astype(np.float32),
        draw.normal(size=out).astype(np.float32),
        activation,
    )


def _plain(folder: Path) -> np.ndarray:
    return np.asarray(SentenceTransformer(str(folder), device="cpu").encode(TEXTS))


@pytest.mark.parametrize("activation", ["identity", "relu", "tanh", "gelu"])
def test_plain_sentence_transformers_gives_the_tuned_vectors(
    tiny_model: Path, tmp_path: Path, activation: Activation
) -> None:
    """The saved model equals the layers applied to base vectors in numpy, to 1e-5."""
    layers = [_layer(16, 32, activation, 1), _layer(8, 16, "identity", 2)]
    save_with_layers(tiny_model, layers, tmp_path / "out")
    expected = apply_layers(layers, SentenceEncoder(tiny_model, cache=False).encode(TEXTS))
    found = _plain(tmp_path / "out")
    assert found.shape == (len(TEXTS), 8)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_our_encoder_gives_the_same(tiny_model: Path, tmp_path: Path) -> None:
    """Dimension, digest and vectors follow the layers, and a model can be tuned again."""
    layers = [_layer(8, 32)]
    save_with_layers(tiny_model, layers, tmp_path / "once")
    save_with_layers(tmp_path / "once", [_layer(4, 8)], tmp_path / "twice")
    once, twice = SentenceEncoder(tmp_path / "once"), SentenceEncoder(tmp_path / "twice")
    assert (once.dimension, twice.dimension) == (8, 4)
    np.testing.assert_allclose(
        twice.encode(TEXTS), apply_layers([_layer(4, 8)], once.encode(TEXTS)), atol=1e-5
    )


def test_without_layers_the_base_is_copied(tiny_model: Path, tmp_path: Path) -> None:
    """The copy gives identical vectors."""
    save_with_layers(tiny_model, [], tmp_path / "out")
    assert folder_digest(tmp_path / "out") == folder_digest(tiny_model)
    np.testing.assert_array_equal(_plain(tmp_path / "out"), _plain(tiny_model))


def test_nothing_but_the_model_is_copied(tiny_model: Path, tmp_path: Path) -> None:
    """The base's card, report and classifier are not copied."""
    base = Path(shutil.copytree(tiny_model, tmp_path / "base"))
    for name in ("README.md", "tunesmith.json", "report.html", "classifier.safetensors"):
        (base / name).write_text("of the base")
    save_with_layers(base, [_layer(4, 32)], tmp_path / "out")
    left = {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert not left & {"README.md", "tunesmith.json", "report.html", "classifier.safetensors"}


def test_a_base_that_does_not_normalize_is_normalized_first(
    tiny_model: Path, tmp_path: Path
) -> None:
    """Layers are fitted on unit vectors, so the model normalises first."""
    base = Path(shutil.copytree(tiny_model, tmp_path / "base"))
    modules = json.loads((base / "modules.json").read_text())
    (base / "modules.json").write_text(json.dumps(modules[:2]))
    layers = [_layer(8, 32)]
    save_with_layers(base, layers, tmp_path / "out")
    expected = apply_layers(layers, SentenceEncoder(base, cache=False).encode(TEXTS))
    np.testing.assert_allclose(_plain(tmp_path / "out"), expected, atol=1e-5)


def test_a_bare_transformer_gets_its_pooling(tiny_model: Path, tmp_path: Path) -> None:
    """A folder without modules.json is saved as sentence-transformers would load it."""
    base = Path(shutil.copytree(tiny_model, tmp_path / "base"))
    (base / "modules.json").unlink()
    save_with_layers(base, [_layer(8, 32)], tmp_path / "out")
    expected = apply_layers([_layer(8, 32)], SentenceEncoder(base, cache=False).encode(TEXTS))
    np.testing.assert_allclose(_plain(tmp_path / "out"), expected, atol=1e-5)


def test_layers_that_do_not_fit_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    """The message names the layer, and nothing is written."""
    with pytest.raises(UsageError, match="layer 2 takes vectors of 9 dimensions"):
        save_with_layers(tiny_model, [_layer(8, 32), _layer(4, 9)], tmp_path / "out")
    with pytest.raises(UsageError, match=r"31 dimensions, but .* has 32"):
        save_with_layers(tiny_model, [_layer(8, 31)], tmp_path / "out")
    broken = Layer(np.zeros((3, 2), np.float32), np.zeros(2, np.float32))
    with pytest.raises(UsageError, match="layer 1 has weights of shape"):
        save_with_layers(tiny_model, [broken], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_written_is_named(tiny_model: Path, tmp_path: Path) -> None:
    """A file where the folder should be is a clear error."""
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="cannot be written to"):
        save_with_layers(tiny_model, [], tmp_path / "out")
