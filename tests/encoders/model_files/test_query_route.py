"""Query layers are stored as a sentence-transformers Router."""

from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tunesmith.encoders.backends.onnx_folder import find_export
from tunesmith.encoders.model_files.description import describe
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.model_files.query_route import query_layers
from tunesmith.encoders.save import write_encoder
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import DamagedModel, UsageError
from tunesmith.models.model import has_query_map
from tunesmith.vectors.layers import Layer, apply_layers

TEXTS = ["my card is late", "where is my order?", "refund"]


@pytest.fixture(scope="module")
def layer() -> Layer:
    weight = np.random.default_rng(0).normal(size=(32, 32)).astype(np.float32)
    return Layer(weight, np.zeros(32, dtype=np.float32))


@pytest.fixture(scope="module")
def routed(tiny_model: Path, layer: Layer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("routed") / "model"
    write_encoder(tiny_model, (), folder, [layer])
    return folder


def test_only_queries_are_mapped(tiny_model: Path, routed: Path, layer: Layer) -> None:
    """Documents and other texts keep the base's vectors, so nothing is embedded again."""
    base = TextEncoder(tiny_model, cache=False).encode(TEXTS)
    encoder = TextEncoder(routed, cache=False)
    for prompt in (None, "document"):
        np.testing.assert_allclose(encoder.encode(TEXTS, prompt=prompt), base, atol=1e-5)
    moved = encoder.encode(TEXTS, prompt="query")
    np.testing.assert_allclose(moved, apply_layers([layer], base), atol=1e-5)
    assert np.abs(moved - base).max() > 0.1


def test_sentence_transformers_reads_the_folder(routed: Path) -> None:
    """Without Tunesmith, encode_query gives mapped vectors, encode_document the original ones."""
    theirs = SentenceTransformer(str(routed), device="cpu")
    encoder = TextEncoder(routed, cache=False)
    for prompt, encode in (
        ("query", theirs.encode_query),
        ("document", theirs.encode_document),
        (None, theirs.encode),
    ):
        ours = encoder.encode(TEXTS, prompt=prompt)
        np.testing.assert_allclose(ours, encode(TEXTS), atol=1e-5)


def test_it_is_served_from_onnx(routed: Path) -> None:
    """The route is applied after the graph, which is that of the base."""
    assert find_export(routed, folder_digest(routed)) is not None
    torch, onnx = (
        TextEncoder(routed, backend=backend, cache=False).encode(TEXTS, prompt="query")
        for backend in ("torch", "onnx")
    )
    np.testing.assert_allclose(onnx, torch, atol=1e-5)


def test_a_second_route_is_appended(
    tiny_model: Path, routed: Path, layer: Layer, tmp_path: Path
) -> None:
    """A model with a query route can be tuned again; both libraries agree."""
    write_encoder(routed, (), tmp_path / "twice", [layer])
    base = TextEncoder(tiny_model, cache=False).encode(TEXTS)
    found = TextEncoder(tmp_path / "twice", cache=False).encode(TEXTS, prompt="query")
    np.testing.assert_allclose(found, apply_layers([layer, layer], base), atol=1e-5)
    theirs = SentenceTransformer(str(tmp_path / "twice"), device="cpu").encode_query(TEXTS)
    np.testing.assert_allclose(found, theirs, atol=1e-5)


def test_no_layer_can_follow_a_route(routed: Path, layer: Layer, tmp_path: Path) -> None:
    """The error says which model to start from."""
    with pytest.raises(UsageError, match="start from the model it was made from"):
        write_encoder(routed, [layer], tmp_path / "behind")


def test_the_folder_is_described(tiny_model: Path, routed: Path) -> None:
    """Dimension and normalisation are known without loading it; the base has no route."""
    described = describe(routed)
    assert (described.dimension, described.normalized, described.routed) == (32, True, False)
    assert len(query_layers(routed)) == 1
    assert query_layers(tiny_model) == ()


@pytest.mark.parametrize("listing", ["{", "[]", "[1]", "{}"])
def test_a_damaged_list_of_modules_is_named(listing: str, tmp_path: Path) -> None:
    """Whatever is wrong with it."""
    (tmp_path / "modules.json").write_text(listing)
    with pytest.raises(DamagedModel, match=r"modules of .* cannot be read"):
        query_layers(tmp_path)
    assert not has_query_map(tmp_path)
