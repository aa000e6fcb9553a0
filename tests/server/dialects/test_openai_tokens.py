"""Token ids of OpenAI's vocabulary, which LangChain sends."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest
import tiktoken
from langchain_openai import OpenAIEmbeddings
from pydantic import SecretStr

from tunesmith.models.serving import LoadedModel
from tunesmith.server.dialects import openai_tokens

BASE = "all-MiniLM-L6-v2"
TEXTS = ["hello world", "Where is my parcel?", "Grüße, 東京", "", "a longer text " * 60]
WHERE = [9241, 374, 856, 30409, 30]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def vocabulary_folder() -> Path:
    """The folder of a package that contains OpenAI's vocabulary."""
    package = find_spec("llama_index.core")
    if package is None or package.origin is None:
        pytest.skip("llama-index-core, which contains the vocabulary, is not installed")
    return Path(package.origin).parent / "_static" / "tiktoken_cache"


def _langchain(server: str, **options: Any) -> OpenAIEmbeddings:
    return OpenAIEmbeddings(
        model=BASE, base_url=f"{server}/openai/v1", api_key=SecretStr("any"), **options
    )


def test_langchain_with_strings(live_server: str, bundled: LoadedModel) -> None:
    embeddings = _langchain(live_server, check_embedding_ctx_length=False)
    found = np.array(embeddings.embed_documents(TEXTS))
    assert np.abs(found - bundled.encode(TEXTS)).max() < 1e-5
    query = np.array(embeddings.embed_query("hello world"))
    assert np.abs(query - bundled.encode(["hello world"])[0]).max() < 1e-5


def test_langchain_as_it_is_sends_token_ids(
    live_server: str,
    bundled: LoadedModel,
    vocabulary_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(vocabulary_folder))
    texts = [text for text in TEXTS if text]
    found = np.array(_langchain(live_server).embed_documents(texts))
    assert np.abs(found - bundled.encode(texts)).max() < 1e-5


def test_langchain_with_a_text_above_its_limit(
    live_server: str,
    bundled: LoadedModel,
    vocabulary_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It sends pieces of 8,191 tokens, and averages their vectors by length."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(vocabulary_folder))
    text = "where is my parcel and when does it come? " * 1_000
    ids = tiktoken.get_encoding("cl100k_base").encode(text)
    assert len(ids) > 8_191
    pieces = [ids[start : start + 8_191] for start in range(0, len(ids), 8_191)]
    vectors = bundled.encode([tiktoken.get_encoding("cl100k_base").decode(each) for each in pieces])
    mean = np.average(vectors, axis=0, weights=[len(each) for each in pieces])
    (found,) = _langchain(live_server).embed_documents([text])
    assert np.abs(np.array(found) - mean / np.linalg.norm(mean)).max() < 1e-5


def test_token_ids_without_the_vocabulary(
    live_server: str, vocabulary_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(vocabulary_folder))
    monkeypatch.setattr(openai_tokens, "vocabulary", lambda: None)
    with pytest.raises(openai.BadRequestError, match="check_embedding_ctx_length=False"):
        _langchain(live_server).embed_documents(["hello world"])


def test_ids_that_are_no_tokens(client: openai.OpenAI) -> None:
    for ids in ([999_999], [-1]):
        with pytest.raises(openai.BadRequestError, match="not a token id"):
            client.embeddings.create(model=BASE, input=ids)


def test_the_vocabulary_is_found_in_tiktokens_cache(
    vocabulary_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.path", [])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(vocabulary_folder))
    known = openai_tokens.vocabulary.__wrapped__()
    assert known is not None
    assert b"".join(known[each] for each in WHERE) == b"Where is my parcel?"
    (tmp_path / "9b5ad71b2ce5302211f9c61530b329a4922fc6a4").write_bytes(b"aGVsbG8= 15339\n")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert openai_tokens.vocabulary.__wrapped__() is None
