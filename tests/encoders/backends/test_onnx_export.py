"""An exported model equals torch for every architecture, or the refusal gives the reason."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
import transformers as t
from onnxruntime.quantization import quantize_dynamic
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import (
    BoW,
    Dense,
    Normalize,
    Pooling,
    Transformer,
)
from transformers import AutoTokenizer

from tests.error_fields import about
from tunesmith.encoders.backends.onnx_export import (
    TOLERANCE,
    export,
    exported,
    quantised,
    sample,
)
from tunesmith.encoders.backends.onnx_folder import FOLDER, Export, Refusal, find_export
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.encoders.model_files.dense_modules import save_with_layers
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import UsageError
from tunesmith.models.model import open_encoder
from tunesmith.vectors.layers import Layer

TEXTS = [*sample(60), "my card was charged twice", "refund"]


def _settings(kind: str) -> tuple[Any, Any]:
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    sizes |= {"intermediate_size": 64, "vocab_size": 300, "max_position_embeddings": 140}
    if kind == "distilbert":
        config = t.DistilBertConfig(
            vocab_size=300,
            dim=32,
            n_layers=2,
            n_heads=4,
            hidden_dim=64,
            max_position_embeddings=140,
        )
        return t.DistilBertModel, config
    kinds = {
        "bert": (t.BertModel, t.BertConfig),
        "roberta": (t.RobertaModel, t.RobertaConfig),
        "mpnet": (t.MPNetModel, t.MPNetConfig),
    }
    model, config = kinds[kind]
    return model, config(**sizes, initializer_range=0.2)


@pytest.fixture
def random_model(tiny_model: Path, tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder with a random model of an architecture, pooling and dense layer."""

    def make(kind: str, *modules: Any) -> Path:
        torch.manual_seed(0)
        model, config = _settings(kind)
        model(config).save_pretrained(tmp_path / kind)
        tokenizer = AutoTokenizer.from_pretrained(tiny_model)
        if kind in {"roberta", "distilbert"}:
            tokenizer.model_input_names = ["input_ids", "attention_mask"]
        if kind in {"roberta", "mpnet"}:
            tokenizer.pad_token_id = 1  # where such models count their positions from
        tokenizer.save_pretrained(tmp_path / kind)
        first = Transformer(str(tmp_path / kind), max_seq_length=64)
        whole = SentenceTransformer(modules=[first, *modules], device="cpu")
        whole.save_pretrained(str(tmp_path / "model"), create_model_card=False)
        return tmp_path / "model"

    return make


def _both(folder: Path, **settings: Any) -> tuple[Any, Any]:
    encoders = [
        SentenceEncoder(folder, backend=backend, cache=False, **settings)
        for backend in ("onnx", "torch")
    ]
    return encoders[0].encode(TEXTS), encoders[1].encode(TEXTS)


@pytest.mark.parametrize("kind", ["bert", "roberta", "mpnet", "distilbert"])
@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_every_architecture_and_pooling_equals_torch(
    random_model: Callable[..., Path], kind: str, pooling: str
) -> None:
    """Transformer, pooling, dense and normalisation in one graph give torch's vectors."""
    folder = random_model(kind, Pooling(32, pooling_mode=pooling), Dense(32, 8), Normalize())
    assert isinstance(exported(folder, folder_digest(folder)), Export)
    found, expected = _both(folder)
    assert found.shape == (len(TEXTS), 8)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_settings_have_the_same_effect(tiny_model: Path) -> None:
    """Length, prompt and normalisation have the same effect as with torch."""
    for settings in (
        {"max_length": 7},
        {"prompts": {"query": "ask: "}},
        {"normalize": False},
        {"batch_tokens": 3000},
    ):
        found, expected = _both(tiny_model, **settings)
        np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_a_tuned_head_is_in_the_graph(tiny_model: Path, tmp_path: Path) -> None:
    """A tuner's layers are part of the exported model."""
    generator = np.random.default_rng(0)
    weight = generator.normal(size=(5, 32)).astype(np.float32)
    save_with_layers(tiny_model, [Layer(weight, np.ones(5, np.float32), "gelu")], tmp_path / "m")
    found, expected = _both(tmp_path / "m")
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_unsupported_models_are_refused_with_a_reason(tmp_path: Path) -> None:
    """A bag-of-words model cannot be exported; this is recorded, and torch runs it."""
    model = SentenceTransformer(modules=[BoW(["card", "refund"])], device="cpu")
    model.save_pretrained(str(tmp_path / "bow"), create_model_card=False)
    refused = exported(tmp_path / "bow", folder_digest(tmp_path / "bow"))
    assert refused == Refusal("it has a BoW module")
    assert find_export(tmp_path / "bow", folder_digest(tmp_path / "bow")) == refused
    encoder = SentenceEncoder(tmp_path / "bow", backend="onnx", cache=False)
    with pytest.warns(RuntimeWarning, match="bow is not run as requested: it has a BoW module"):
        assert encoder.encode(["card"]).shape == (1, 2)


def test_a_model_that_cannot_be_exported_is_opened_without_a_warning(tmp_path: Path) -> None:
    """Commands open models with the export if there can be one; a user did not ask for it."""
    model = SentenceTransformer(modules=[BoW(["card", "refund"])], device="cpu")
    model.save_pretrained(str(tmp_path / "words"), create_model_card=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        assert open_encoder(tmp_path / "words").encode(["card"]).shape == (1, 2)


def test_different_vectors_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    """A graph that differs from torch by more than the tolerance is rejected."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tunesmith.encoders.backends.onnx_export.TOLERANCE", 0.0)
        refused = export(tiny_model, tmp_path / FOLDER)
    assert isinstance(refused, Refusal)
    assert "differ from torch" in refused.reason
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["runtime.json"]


@pytest.mark.slow
def test_the_real_model_equals_torch() -> None:
    """all-MiniLM-L6-v2 is exported, and gives torch's vectors to 1e-6."""
    found = exported(bundled_folder(), folder_digest(bundled_folder()))
    assert isinstance(found, Export)
    assert found.runtime.difference < 1e-6
    mine, theirs = _both(bundled_folder())
    np.testing.assert_allclose(mine, theirs, atol=1e-6)


@pytest.mark.slow
@pytest.mark.usefixtures("common_home")
def test_int8_is_accurate_on_the_real_model() -> None:
    """8-bit weights keep a mean cosine of 0.99 on new texts."""
    texts = ["my card was charged twice", "an essay on bees", "how do I reset the router?"] * 2
    small = SentenceEncoder(precision="int8", cache=False).encode(texts)
    whole = SentenceEncoder(cache=False).encode(texts)
    assert 0.99 <= (small * whole).sum(axis=1).mean() < 0.99999


def test_inaccurate_int8_is_refused(tiny_model: Path) -> None:
    """If 8-bit weights are too inaccurate, float32 is used with a warning."""
    whole = SentenceEncoder(tiny_model).encode(TEXTS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tunesmith.encoders.backends.onnx_export.LEAST_COSINE", 2.0)
        encoder = SentenceEncoder(tiny_model, precision="int8")
        with pytest.warns(RuntimeWarning, match=r"not run as requested: 8-bit weights .* too much"):
            np.testing.assert_allclose(encoder.encode(TEXTS), whole, atol=TOLERANCE)


def test_seven_bits_are_tried_next(tiny_model: Path, tmp_path: Path) -> None:
    """If 8-bit weights are too inaccurate, 7-bit weights of at most 64 are tried."""
    whole = exported(tiny_model, folder_digest(tiny_model))
    assert isinstance(whole, Export)
    tried: list[int] = []

    def remember(path: Path, out: Path, **options: Any) -> None:
        quantize_dynamic(path, out, **options)
        tried.append(_largest_weight(out))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tunesmith.encoders.backends.onnx_export.LEAST_COSINE", 2.0)
        patched.setattr("onnxruntime.quantization.quantize_dynamic", remember)
        assert isinstance(quantised(whole, tmp_path / "small"), Refusal)
    assert [path.name for path in (tmp_path / "small").iterdir()] == ["runtime.json"]
    assert 64 < tried[0] <= 128
    assert 32 < tried[1] <= 64


def _largest_weight(path: Path) -> int:
    """Return the largest absolute value of the 8-bit matrices."""
    rounded = [
        onnx.numpy_helper.to_array(item)
        for item in onnx.load(path).graph.initializer
        if item.data_type == onnx.TensorProto.INT8 and item.name.endswith("_quantized")
    ]
    return max(int(np.abs(item.astype(int)).max()) for item in rounded)


def test_int8_vectors_are_cached_separately(tiny_model: Path) -> None:
    """int8 vectors have separate cache entries and need the CPU."""
    found = exported(tiny_model, folder_digest(tiny_model), "int8")
    assert isinstance(found, Export)
    assert found.runtime.cosine >= 0.99
    whole = SentenceEncoder(tiny_model).encode(TEXTS)
    small = SentenceEncoder(tiny_model, precision="int8").encode(TEXTS)
    assert not np.array_equal(small, whole)
    assert (small * whole).sum(axis=1).mean() > 0.98
    np.testing.assert_array_equal(SentenceEncoder(tiny_model).encode(TEXTS), whole)
    with pytest.raises(UsageError, check=about(option="precision")):
        SentenceEncoder(tiny_model, precision="int8", backend="torch", cache=False).encode(["a"])
