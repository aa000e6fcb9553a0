"""A model of odd make gives the vectors of sentence-transformers, or is refused by name."""

from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Router, Transformer

from tests.encoders.odd_models import LIMITS, MODELS, ROUTED, WIDTH, bert, dense, save
from tunesmith.encoders.agreement import require_agreement
from tunesmith.encoders.model_files.description import describe
from tunesmith.encoders.save import write_encoder
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import ModelError, UsageError
from tunesmith.vectors.layers import Layer

TEXTS = ["where is my card", "a", "?!", "a text that is longer: " * 9, "card"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """All models, each written when it is first asked for."""
    root, found = tmp_path_factory.mktemp("odd"), {}
    for name, make in MODELS.items():
        found[name] = root / name.replace(" ", "-")
        make(found[name])
    return found


def theirs(folder: Path) -> SentenceTransformer:
    """Load a model in 32 bits, mended where sentence-transformers raises an error."""
    model = SentenceTransformer(str(folder), device="cpu").float()
    if not folder.name.startswith("two"):
        if model.tokenizer.pad_token is None:
            model.tokenizer.pad_token = "<end>"
        limit = describe(folder).max_length
        model.max_seq_length = min(model.max_seq_length, limit or model.max_seq_length)
    return model


@pytest.mark.filterwarnings("ignore:.*is not run as requested")
@pytest.mark.parametrize("name", MODELS)
def test_vectors_are_those_of_sentence_transformers(name: str, made: dict[str, Path]) -> None:
    """Of texts, queries and documents, by torch and by ONNX, whatever else is in the call."""
    model = theirs(made[name])
    for prompt, encode in (
        (None, model.encode),
        ("query", model.encode_query),
        ("document", model.encode_document),
    ):
        expected = np.asarray(encode(TEXTS))
        for backend in ("torch", "onnx"):
            ours = TextEncoder(made[name], backend=backend, cache=False, normalize=False)
            found = ours.encode(TEXTS, prompt=prompt)
            assert found.shape == expected.shape == (len(TEXTS), ours.dimension)
            np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("name", LIMITS)
def test_lengths_are_those_that_the_model_can_take(name: str, made: dict[str, Path]) -> None:
    """The positions limit them, and those before a RoBERTa's first one do not count."""
    encoder = TextEncoder(made[name], cache=False)
    assert encoder.max_length == LIMITS[name]
    assert np.isfinite(encoder.encode(["card " * 300])).all()
    with pytest.raises(UsageError, match="positions"):
        TextEncoder(made[name], max_length=400).encode(["card"])


@pytest.mark.parametrize("backend", ["torch", "onnx"])
@pytest.mark.parametrize("name", ["letters", "no padding token"])
def test_a_text_without_tokens_has_a_vector_of_zeros(
    name: str, backend: str, made: dict[str, Path]
) -> None:
    """Alone and among others, whose vectors do not change."""
    encoder = TextEncoder(made[name], backend=backend, cache=False)  # type: ignore[arg-type]  # parametrised
    assert not encoder.encode([""]).any()
    found = encoder.encode(["card", "", "late"])
    assert not found[1].any()
    np.testing.assert_allclose(found[::2], encoder.encode(["card", "late"]), atol=1e-6)


@pytest.mark.parametrize("name", sorted(MODELS.keys() - ROUTED - {"no padding token"}))
def test_layers_are_added_behind_what_the_model_gives(name: str, made: dict[str, Path]) -> None:
    """Also behind truncated vectors; sentence-transformers gives the same without Tunesmith."""
    base, out = made[name], made[name].with_name(f"{made[name].name}-layers")
    plain = TextEncoder(base, cache=False)
    width = plain.dimension
    weight = np.random.default_rng(0).normal(size=(12, width)).astype(np.float32)
    layer = Layer(weight, np.zeros(12, np.float32))
    write_encoder(base, [layer], out)
    expected = plain.encode(TEXTS) @ weight.T
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(TextEncoder(out, cache=False).encode(TEXTS), expected, atol=1e-4)
    np.testing.assert_allclose(theirs(out).encode(TEXTS), expected, atol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_a_fit_starts_only_from_a_base_that_agrees(name: str, made: dict[str, Path]) -> None:
    """A Router is refused by name, and a model that sentence-transformers cannot encode with."""
    if name in ROUTED:
        with pytest.raises(ModelError, match="has a Router"):
            require_agreement(made[name])
        with pytest.raises(UsageError, match="has a Router"):
            write_encoder(made[name], (), made[name].with_name("refused"))
    elif name == "no padding token":
        with pytest.raises(ModelError, match="sentence-transformers cannot encode"):
            require_agreement(made[name])
    else:
        require_agreement(made[name])


def test_a_base_that_differs_is_refused(
    made: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it agreed, it is not compared again in this home."""
    folder = made["cls"]
    encode = TextEncoder.encode
    shift = np.float32(1e-3)
    with monkeypatch.context() as patch:
        patch.setattr(
            TextEncoder, "encode", lambda *given, **named: encode(*given, **named) + shift
        )
        with pytest.raises(ModelError, match="not those of sentence-transformers' encode"):
            require_agreement(folder)
        patch.undo()
        require_agreement(folder)
        patch.setattr(
            TextEncoder, "encode", lambda *given, **named: encode(*given, **named) + shift
        )
        require_agreement(folder)


def test_routes_of_different_width_are_refused(tmp_path: Path) -> None:
    """Their queries and documents cannot be compared."""
    routes = {"query": [dense(WIDTH, 8, 1)], "document": [dense(WIDTH, 4, 2)]}
    first = Transformer(str(bert(tmp_path / "bert")))
    save(tmp_path / "model", [first, Pooling(WIDTH), Router(routes, default_route="document")])
    encoder = TextEncoder(tmp_path / "model", cache=False)
    with pytest.raises(ModelError, match="Router of model gives vectors of 4 dimensions on one"):
        encoder.encode(["card"])
