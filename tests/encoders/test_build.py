"""Building encoders as plain sentence-transformers folders."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tests.error_fields import about
from tunesmith.encoders.backends.onnx_export import export
from tunesmith.encoders.backends.onnx_folder import Export
from tunesmith.encoders.build import Pooling, Sizes, build, build_from_texts
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DataError, OutputError, UnknownModel, UsageError

TEXTS = ["my card is late", "refund my order, please", ""]
CORPUS = [f"order number {number} is late and the card was refused" for number in range(300)]
SMALL = Sizes(vocabulary=200, width=16, layers=1, heads=2, positions=32)


@pytest.mark.parametrize("pooling", get_args(Pooling))
def test_every_pooling_loads_and_encodes(
    tiny_model: Path, tmp_path: Path, pooling: Pooling
) -> None:
    """Tunesmith, sentence-transformers and the ONNX file give the same vectors."""
    folder = build(tiny_model, tmp_path / "mine", pooling=pooling)
    found = SentenceEncoder(folder, backend="torch", cache=False).encode(TEXTS)
    expected = SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert isinstance(export(folder, folder / "onnx"), Export)


def test_a_dense_layer_sets_the_dimension(tiny_model: Path, tmp_path: Path) -> None:
    """Its initial weights are random, determined by the seed."""
    first, again, other = (
        SentenceEncoder(
            build(tiny_model, tmp_path / name, dense=8, activation="gelu", seed=seed), cache=False
        ).encode(TEXTS)
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert first.shape == (3, 8)
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_the_transformer_is_taken_out_of_a_model(tiny_model: Path, tmp_path: Path) -> None:
    """The tiny model's transformer with mean pooling equals the tiny model."""
    folder = build(tiny_model, tmp_path / "mine", max_length=64)
    found = SentenceEncoder(folder, cache=False).encode(TEXTS)
    np.testing.assert_allclose(found, SentenceEncoder(tiny_model).encode(TEXTS), atol=1e-6)


def test_length_and_normalisation_can_be_set(tiny_model: Path, tmp_path: Path) -> None:
    """The default length is 256 tokens or the transformer's limit."""
    long = build(tiny_model, tmp_path / "a", normalize=False)
    assert SentenceEncoder(long).max_length == 64
    plain = SentenceEncoder(long, normalize=False, cache=False).encode(TEXTS)
    assert not np.allclose(np.linalg.norm(plain, axis=1), 1)
    assert SentenceEncoder(build(tiny_model, tmp_path / "b", max_length=16)).max_length == 16


def test_from_scratch_with_a_new_vocabulary(tmp_path: Path) -> None:
    """Words of the texts become single tokens; the same seed gives the same weights."""
    first = SentenceEncoder(build_from_texts(CORPUS, tmp_path / "a", sizes=SMALL), cache=False)
    again = SentenceEncoder(build_from_texts(CORPUS, tmp_path / "b", sizes=SMALL), cache=False)
    other = build_from_texts(CORPUS, tmp_path / "c", sizes=SMALL, seed=1)
    assert first.dimension == 16
    assert first.max_length == 32
    assert first.token_lengths(["order refused"])[0] == 4
    np.testing.assert_array_equal(first.encode(TEXTS), again.encode(TEXTS))
    assert first.digest != SentenceEncoder(other).digest


def test_invalid_parts_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    """The errors say what to give, and no folder is left."""
    out = tmp_path / "mine"
    with pytest.raises(UsageError, check=about(option="pooling")):
        build(tiny_model, out, pooling="sum")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(UsageError, check=about(option="activation")):
        build(tiny_model, out, dense=4, activation="swish")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(UsageError, check=about(option="dense")):
        build(tiny_model, out, dense=0)
    with pytest.raises(UsageError, check=about(option="max_length")):
        build(tiny_model, out, max_length=500)
    with pytest.raises(UnknownModel, match="no model folder"):
        build(tmp_path / "nowhere", out)
    with pytest.raises(OutputError, match="already exists"):
        build(tiny_model, tiny_model)
    with pytest.raises(DataError, match="2 texts are too few"):
        build_from_texts(["a", "b"], out)
    with pytest.raises(UsageError, check=about(option="width")):
        build_from_texts(CORPUS, out, sizes=Sizes(width=10))
    assert list(tmp_path.iterdir()) == []
