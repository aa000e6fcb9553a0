"""The encoder of queries can be had as a folder whose plain ``encode`` keeps the query map."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tests.error_fields import about
from tunesmith.encoders.model_files.query_route import add_query_route
from tunesmith.encoders.query_folder import write_query_folder
from tunesmith.encoders.save import write_encoder
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import OutputError, UsageError
from tunesmith.vectors.layers import Layer

TEXTS = ["my card is late", "where is my order?", "refund", "a longer text about an order " * 9]
PROMPTS = {
    "none": {},
    "query": {"query": "query: "},
    "both": {"query": "query: ", "document": "passage: "},
    "document": {"document": "passage: "},
}


@pytest.fixture(scope="module")
def layers() -> list[Layer]:
    rng = np.random.default_rng(0)
    return [
        Layer(rng.normal(size=(32, 32)).astype(np.float32), np.zeros(32, dtype=np.float32))
        for _ in range(2)
    ]


def prompted(model: Path, out: Path, prompts: dict[str, str]) -> Path:
    """Return a copy of a model with these prompts."""
    shutil.copytree(model, out)
    path = out / "config_sentence_transformers.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "prompts": prompts}), encoding="utf-8")
    return out


@pytest.mark.parametrize("case", PROMPTS)
@pytest.mark.parametrize("count", [1, 2])
def test_encode_equals_encode_query(
    tiny_model: Path, layers: list[Layer], tmp_path: Path, case: str, count: int
) -> None:
    """In sentence-transformers and in Tunesmith, with and without prompts."""
    base = prompted(tiny_model, tmp_path / "base", PROMPTS[case])
    write_encoder(base, (), tmp_path / "model")
    add_query_route(tmp_path / "model", layers[:count])
    write_query_folder(tmp_path / "model", tmp_path / "queries")
    model = SentenceTransformer(str(tmp_path / "model"), device="cpu")
    expected = model.encode_query(TEXTS)
    found = SentenceTransformer(str(tmp_path / "queries"), device="cpu").encode(TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert np.abs(expected - model.encode(TEXTS)).max() > 0.1
    ours = TextEncoder(tmp_path / "queries", cache=False).encode(TEXTS)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_a_prompt_for_queries_alone_is_kept(tiny_model: Path, tmp_path: Path) -> None:
    """A model without a map may have one."""
    base = prompted(tiny_model, tmp_path / "base", PROMPTS["both"])
    write_query_folder(base, tmp_path / "queries")
    expected = SentenceTransformer(str(base), device="cpu").encode_query(TEXTS)
    found = SentenceTransformer(str(tmp_path / "queries"), device="cpu").encode(TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_model_without_a_query_side_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    """Its own folder encodes queries, too; and no folder is overwritten."""
    with pytest.raises(UsageError, match="in the same way", check=about(option="queries")):
        write_query_folder(tiny_model, tmp_path / "queries")
    base = prompted(tiny_model, tmp_path / "base", PROMPTS["query"])
    with pytest.raises(OutputError, match="already exists"):
        write_query_folder(base, tmp_path)
