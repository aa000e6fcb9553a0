"""Static models as sparse products equal sentence-transformers."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from tunesmith.encoders.backends.parts import Settings
from tunesmith.encoders.backends.static_model import StaticModel, TokenBags
from tunesmith.encoders.model_files.description import describe
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DamagedModel, ModelError

TEXTS = ["my card is late", "", "order order order 🎻", "où est-ce ?", "late " * 400]


def _model(tiny_model: Path, *, normalized: bool = True) -> StaticModel:
    tokenizer = (tiny_model / "tokenizer.json").read_text("utf-8")
    size = TokenBags(tokenizer).size
    weight = np.random.default_rng(0).normal(size=(size, 16)).astype(np.float32)
    return StaticModel(tokenizer, weight, normalized=normalized)


@pytest.fixture(scope="module", params=[True, False], ids=["normalized", "plain"])
def static_folder(
    tiny_model: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Path:
    """A random static model on disk."""
    folder = tmp_path_factory.mktemp("static") / "model"
    _model(tiny_model, normalized=request.param).save(folder)
    return folder


def test_sentence_transformers_gives_the_same(static_folder: Path) -> None:
    """The folder loads without Tunesmith and gives the same vectors."""
    expected = SentenceTransformer(str(static_folder), device="cpu").encode(TEXTS)
    found = SentenceEncoder(str(static_folder), normalize=False).encode(TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_torch_gives_the_same(static_folder: Path) -> None:
    """The torch backend gives the same vectors."""
    by_torch = SentenceEncoder(str(static_folder), backend="torch", cache=False)
    np.testing.assert_allclose(
        SentenceEncoder(str(static_folder)).encode(TEXTS), by_torch.encode(TEXTS), atol=1e-5
    )


@settings(max_examples=30, deadline=None)
@given(texts=st.lists(st.text(max_size=30), min_size=1, max_size=30))
def test_a_vector_is_the_mean_of_its_tokens(tiny_model: Path, texts: list[str]) -> None:
    """The sparse product equals a loop over tokens."""
    model = _model(tiny_model, normalized=False)
    tokenizer = Tokenizer.from_str(model.tokenizer)
    tokenizer.no_padding()
    for encoded in model.encode(texts, Settings(normalize=False)):
        for position, vector in zip(encoded.positions, encoded.vectors, strict=True):
            numbers = tokenizer.encode(texts[position], add_special_tokens=False).ids
            mean = model.weight[numbers].mean(axis=0) if numbers else np.zeros(16)
            np.testing.assert_allclose(vector, mean, atol=1e-5)


def test_it_needs_no_torch_and_no_cache(static_folder: Path, home: Path) -> None:
    """Encoding loads no torch and uses no cache, because computing is faster."""
    script = (
        "import sys; from tunesmith.encoders.text_encoder import TextEncoder\n"
        f"TextEncoder({str(static_folder)!r}).encode(['a card', 'an order'])\n"
        "print(sorted({'torch', 'transformers', 'onnxruntime', 'sklearn'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == "[]", run.stderr
    assert not (home / "cache").exists()


def test_it_is_described(static_folder: Path, tiny_model: Path) -> None:
    """Its description is static; that of another model is not."""
    assert describe(static_folder).static
    assert not describe(tiny_model).static
    encoder = SentenceEncoder(str(static_folder))
    assert encoder.dimension == 16
    assert encoder.max_length == sys.maxsize


def test_texts_can_be_truncated(static_folder: Path) -> None:
    """max_length counts tokens."""
    cut = SentenceEncoder(str(static_folder), max_length=4)
    whole = SentenceEncoder(str(static_folder))
    long = "card order late pay money broken"
    np.testing.assert_allclose(cut.encode([long]), whole.encode(["card order late pay"]), atol=1e-6)


def test_damage_is_reported(tiny_model: Path, tmp_path: Path) -> None:
    """A missing file, a wrong number of vectors, and non-finite weights are reported."""
    model = _model(tiny_model)
    model.save(tmp_path / "cut")
    (tmp_path / "cut" / "0_StaticEmbedding" / "tokenizer.json").write_text("{")
    with pytest.raises(DamagedModel, match="StaticEmbedding"):
        SentenceEncoder(str(tmp_path / "cut")).encode(["a"])
    short = StaticModel(model.tokenizer, model.weight[:-3])
    short.save(tmp_path / "short")
    with pytest.raises(DamagedModel, match=r"vectors for .* tokens: download the model again"):
        SentenceEncoder(str(tmp_path / "short")).encode(["a"])
    model.weight[:] = np.nan
    model.save(tmp_path / "nan")
    with pytest.raises(ModelError, match="not finite"):
        SentenceEncoder(str(tmp_path / "nan")).encode(["a"])
