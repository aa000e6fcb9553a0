"""Cohere's own client, unmodified, against a live server: embed, classify, rerank, tokens, models.

Newer and older clients send the same requests; these tests pass with cohere 5.21, 6.1 and 7.3.
"""

import base64
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

import tunesmith
from tunesmith.server.dialects.cohere.embedding_types import by_type

cohere = pytest.importorskip("cohere")

BASE = "all-MiniLM-L6-v2"
TEXTS = ["where is my parcel?", "my card was charged twice", "cancel my subscription"]
EXAMPLES = [
    ("my card is lost", "card"),
    ("somebody stole my card", "card"),
    ("where is my order", "order"),
    ("the parcel is late", "order"),
]


@pytest.fixture(scope="module")
def co2(cohere_url: str) -> Any:
    return cohere.ClientV2("any key", base_url=cohere_url)


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    return tunesmith.serve(BASE, threads=1).encode(TEXTS)


def _close(found: Any, expected: NDArray[np.float32]) -> None:
    np.testing.assert_allclose(np.asarray(found), expected, atol=1e-5)


def test_old_code_needs_an_environment_variable_only(
    cohere_url: str, monkeypatch: pytest.MonkeyPatch, vectors: NDArray[np.float32]
) -> None:
    monkeypatch.setenv("CO_API_URL", cohere_url)
    monkeypatch.setenv("CO_API_KEY", "any")
    _close(cohere.Client().embed(texts=TEXTS, model=BASE).embeddings, vectors)


def test_v1_embed(co: Any, vectors: NDArray[np.float32]) -> None:
    found = co.embed(texts=TEXTS, model=BASE)
    assert found.response_type == "embeddings_floats"
    assert found.id
    assert found.texts == TEXTS
    assert found.meta.billed_units.input_tokens > 10
    _close(found.embeddings, vectors)


def test_v1_embed_without_batching(co: Any) -> None:
    """More than 96 texts in a request are served."""
    found = co.embed(texts=["a card"] * 200, model=BASE, batching=False)
    assert len(found.embeddings) == 200


def test_v1_embed_by_type(co: Any, vectors: NDArray[np.float32]) -> None:
    found = co.embed(
        texts=TEXTS, model=BASE, input_type="classification", embedding_types=["float", "int8"]
    )
    assert found.response_type == "embeddings_by_type"
    _close(found.embeddings.float_, vectors)
    assert np.asarray(found.embeddings.int8).shape == vectors.shape
    assert found.embeddings.ubinary is None


def test_v1_embed_of_queries_and_documents(co: Any, vectors: NDArray[np.float32]) -> None:
    model = tunesmith.serve(BASE, threads=1)
    for prompt in ("query", "document"):
        found = co.embed(texts=TEXTS, model=BASE, input_type=f"search_{prompt}")
        _close(found.embeddings, model.encode(TEXTS, prompt=prompt))


def test_v2_embed_of_texts(co2: Any, vectors: NDArray[np.float32]) -> None:
    """It is not split by the client: 120 texts are one request."""
    found = co2.embed(
        texts=TEXTS * 40, model=BASE, input_type="search_document", embedding_types=["float"]
    )
    assert found.id
    _close(found.embeddings.float_, np.tile(vectors, (40, 1)))


def test_v2_embed_of_inputs(co2: Any, vectors: NDArray[np.float32]) -> None:
    inputs = [{"content": [{"type": "text", "text": text}]} for text in TEXTS]
    found = co2.embed(inputs=inputs, model=BASE, input_type="classification")
    _close(found.embeddings.float_, vectors)
    assert found.texts == TEXTS


def test_v2_embed_refuses_images(co: Any, co2: Any) -> None:
    picture = "data:image/png;base64,AAAA"
    image = {"content": [{"type": "image_url", "image_url": {"url": picture}}]}
    for call in (
        lambda: co2.embed(inputs=[image], model=BASE, input_type="image"),
        lambda: co2.embed(images=[picture], model=BASE, input_type="image"),
        lambda: co.embed(images=[picture], model=BASE, input_type="image"),
    ):
        assert "images cannot be embedded" in _refused(call, cohere.BadRequestError)


def test_v2_output_dimension(co2: Any, vectors: NDArray[np.float32]) -> None:
    asked = {"texts": TEXTS, "model": BASE, "input_type": "classification"}
    found = np.asarray(co2.embed(**asked, output_dimension=64).embeddings.float_)
    assert found.shape == (3, 64)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    _refused(lambda: co2.embed(**asked, output_dimension=1000), cohere.BadRequestError)


def test_v2_max_tokens(co2: Any) -> None:
    asked = {"model": BASE, "input_type": "classification", "max_tokens": 2}
    short = co2.embed(texts=["where is", "my parcel"], **asked).embeddings.float_
    cut = co2.embed(texts=["where is my parcel"], **asked).embeddings.float_
    start = co2.embed(texts=["where is my parcel"], truncate="START", **asked).embeddings.float_
    _close([*cut, *start], np.asarray(short))
    words = _refused(
        lambda: co2.embed(texts=["where is my parcel"], truncate="NONE", **asked),
        cohere.BadRequestError,
    )
    assert "has 4 tokens" in words


def test_embedding_types(co2: Any, vectors: NDArray[np.float32]) -> None:
    types = ["float", "int8", "uint8", "binary", "ubinary", "base64"]
    found = co2.embed(
        texts=TEXTS, model=BASE, input_type="classification", embedding_types=types
    ).embeddings
    _close(found.float_, vectors)
    signed, unsigned = np.asarray(found.int8), np.asarray(found.uint8)
    assert signed.min() >= -128
    assert signed.max() <= 127
    assert (signed + 128 == unsigned).all()
    packed = np.packbits(vectors > 0, axis=1)
    assert (np.asarray(found.ubinary) == packed).all()
    assert (np.asarray(found.binary) == packed.astype(int) - 128).all()
    _close([np.frombuffer(base64.b64decode(each), "<f4") for each in found.base64], vectors)


def test_int8_does_not_depend_on_the_batch(vectors: NDArray[np.float32]) -> None:
    """A fixed scale keeps cosines: the largest error of these is below 0.01."""
    together = np.asarray(by_type(vectors, ["int8"])["int8"])
    alone = np.vstack([by_type(each[None], ["int8"])["int8"] for each in vectors])
    assert (together == alone).all()
    unit = together / np.linalg.norm(together, axis=1, keepdims=True)
    np.testing.assert_allclose(unit @ unit.T, vectors @ vectors.T, atol=0.01)


def test_truncate(co: Any) -> None:
    long = "my card is lost and " * 200
    end = co.embed(texts=[long + "the parcel is late"], model=BASE, truncate="END")
    default = co.embed(texts=[long], model=BASE)
    _close(end.embeddings, np.asarray(default.embeddings))
    first = co.embed(texts=["the parcel is late. " + long], model=BASE, truncate="START")
    start = co.embed(texts=[long], model=BASE, truncate="START")
    _close(first.embeddings, np.asarray(start.embeddings))
    assert "1 text truncated" in end.meta.warnings[0]
    words = _refused(
        lambda: co.embed(texts=["a", long], model=BASE, truncate="NONE"), cohere.BadRequestError
    )
    assert "position 1" in words


def test_classify_by_examples(co: Any, co2: Any) -> None:
    examples = [cohere.ClassifyExample(text=text, label=label) for text, label in EXAMPLES]
    inputs = ["I cannot find my card", "when does the parcel arrive"]
    for client in (co, co2):
        found = client.classify(inputs=inputs, examples=examples).classifications
        assert [each.prediction for each in found] == ["card", "order"]
        assert [each.predictions[0] for each in found] == ["card", "order"]
        assert [each.input for each in found] == inputs
        for each in found:
            assert each.id
            assert each.classification_type == "single-label"
            assert each.confidence == each.confidences[0] == each.labels[each.prediction].confidence
            assert sum(one.confidence for one in each.labels.values()) == pytest.approx(1)


def test_classify_refuses_few_examples(co: Any) -> None:
    examples = [cohere.ClassifyExample(text=text, label=label) for text, label in EXAMPLES]
    for given, words in (
        (examples[:3], "label 'order' has 1 example"),
        (examples[:2], "all examples have one label"),
        (None, "neither examples nor a model"),
    ):
        classify = partial(co.classify, inputs=["a"], examples=given)
        refused = _refused(classify, cohere.BadRequestError)
        assert words in refused
    refused = _refused(lambda: co.classify(inputs=["a"], model=BASE), cohere.BadRequestError)
    assert "no classifier" in refused


def test_v1_rerank(co: Any) -> None:
    documents = ["the parcel is late", {"text": "my card is lost"}, {"text": "hello"}]
    found = co.rerank(
        query="lost card", documents=documents, model=BASE, top_n=2, return_documents=True
    )
    assert found.id
    assert found.results[0].index == 1
    assert found.results[0].document.text == "my card is lost"
    assert len(found.results) == 2
    assert all(0 <= each.relevance_score <= 1 for each in found.results)
    plain = co.rerank(query="lost card", documents=documents, model=BASE)
    assert len(plain.results) == 3
    assert plain.results[0].document is None


def test_v1_rerank_of_fields(co: Any) -> None:
    documents = [
        {"title": "lost card", "body": "parcel"},
        {"title": "parcel", "body": "my card is lost"},
    ]
    asked = {"query": "my card is lost", "documents": documents, "model": BASE}
    found = co.rerank(**asked, rank_fields=["body"])
    assert found.results[0].index == 1
    assert "documents[0] has no field 'text'" in _refused(
        lambda: co.rerank(**asked), cohere.BadRequestError
    )


def test_v2_rerank(co2: Any) -> None:
    documents = ["the parcel is late", "my card is lost"]
    found = co2.rerank(query="lost card", documents=documents, model=BASE, top_n=1)
    assert [each.index for each in found.results] == [1]
    assert 0.5 < found.results[0].relevance_score <= 1
    cut = co2.rerank(query="the", documents=documents, model=BASE, max_tokens_per_doc=1)
    assert cut.results[0].index == 0


def test_tokenize(co: Any) -> None:
    """By default the client asks for the model first, and then sends the text, as without."""
    for options in ({}, {"offline": False}):
        found = co.tokenize(text="hello tokenization", model=BASE, **options)
        assert found.token_strings == ["hello", "token", "##ization"]
        assert found.tokens == [7592, 19204, 3989]
    long = co.tokenize(text="card " * 1000, model=BASE, offline=False)
    assert len(long.tokens) == 1000


def test_detokenize(co: Any) -> None:
    for options in ({}, {"offline": False}):
        found = co.detokenize(tokens=[7592, 19204, 3989], model=BASE, **options)
        assert found.text == "hello tokenization"
    for token in (-1, 10**9):
        detokenize = partial(co.detokenize, tokens=[token], model=BASE)
        _refused(detokenize, cohere.BadRequestError)


def test_models_list(co: Any) -> None:
    found = co.models.list(page_size=1, endpoint="embed", default_only=True).models
    assert [(each.name, each.finetuned, each.context_length) for each in found] == [
        (BASE, False, 256)
    ]
    assert co.models.list(endpoint="chat").models == []


def test_models_get(co: Any) -> None:
    found = co.models.get(BASE)
    assert found.name == BASE
    assert found.endpoints == ["embed", "rerank"]
    assert found.tokenizer_url is None
    words = _refused(lambda: co.models.get("other/model"), cohere.NotFoundError)
    assert "other/model" in words


def test_check_api_key(cohere_url: str) -> None:
    """The client has no such method since version 5, and sends no body before."""
    found = httpx.post(f"{cohere_url}/v1/check-api-key", headers={"authorization": "BEARER key"})
    assert found.json() == {"valid": True}


def test_embed_jobs_name_the_command(co: Any) -> None:
    for call in (
        lambda: co.embed_jobs.create(model=BASE, dataset_id="a", input_type="search_document"),
        co.embed_jobs.list,
        lambda: co.embed_jobs.get("a"),
        lambda: co.embed_jobs.cancel("a"),
    ):
        assert "tunesmith embed" in _refused(call, cohere.NotFoundError)


def test_errors_have_message_and_id(co: Any, cohere_url: str) -> None:
    with pytest.raises(cohere.NotFoundError) as raised:
        co.embed(texts=["a"], model="other/model")
    assert set(raised.value.body) == {"message", "id"}
    for path in ("/v1/chat", "/v1/embed/"):
        found = httpx.post(f"{cohere_url}{path}", json={})
        assert found.status_code == 404
        assert set(found.json()) == {"message", "id"}
    found = httpx.post(f"{cohere_url}/v1/embed", json={"texts": "one string"})
    assert found.status_code == 400
    assert "texts" in found.json()["message"]


def test_empty_texts_are_refused_with_their_index(co: Any) -> None:
    examples = [cohere.ClassifyExample(text=text, label=label) for text, label in EXAMPLES]
    for call, place in (
        (lambda: co.embed(texts=["a", ""], model=BASE), "texts[1]"),
        (lambda: co.classify(inputs=["", "a"], examples=examples), "inputs[0]"),
        (lambda: co.rerank(query="a", documents=["a", "b", ""], model=BASE), "documents[2]"),
    ):
        assert f"{place} is an empty string" in _refused(call, cohere.BadRequestError)


def test_explicit_nulls_and_unknown_fields(cohere_url: str) -> None:
    """As LangChain, LiteLLM and cohere 4 send them."""
    bodies: dict[str, dict[str, Any]] = {
        "/v1/embed": {
            "texts": ["a"],
            "model": BASE,
            "input_type": None,
            "embedding_types": ["float"],
            "truncate": None,
        },
        "/v2/embed": {
            "texts": ["a"],
            "inputs": None,
            "images": None,
            "model": BASE,
            "input_type": "search_query",
            "embedding_types": None,
            "output_dimension": None,
            "max_tokens": None,
            "priority": 0,
        },
        "/v2/rerank": {
            "model": BASE,
            "query": "a",
            "documents": ["a"],
            "top_n": 3,
            "max_tokens_per_doc": None,
            "return_documents": False,
        },
        "/v1/rerank": {"query": "a", "documents": ["a"], "model": None, "top_n": None},
        "/v1/classify": {
            "inputs": ["a"],
            "examples": [{"text": text, "label": label} for text, label in EXAMPLES],
            "model": None,
            "preset": None,
            "truncate": None,
        },
        "/v1/tokenize": {"text": "a", "model": None, "user": "b"},
    }
    for path, body in bodies.items():
        found = httpx.post(f"{cohere_url}{path}", json=body)
        assert found.status_code == 200, (path, found.text)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/embed", ""),
        ("/v1/embed", "[]"),
        ("/v1/embed", "{"),
        ("/v1/embed", r'{"texts": ["\ud800"]}'),
        ("/v1/embed", '{"texts": ["a"], "model": "../../etc"}'),
        ("/v1/embed", '{"texts": ["a"], "embedding_types": ["double"]}'),
        ("/v1/embed", '{"texts": []}'),
        ("/v2/embed", r'{"texts": ["\ud800"], "max_tokens": 1}'),
        ("/v2/embed", '{"texts": ["a"], "output_dimension": 1e30}'),
        ("/v2/embed", '{"inputs": [{"content": []}]}'),
        ("/v1/tokenize", r'{"text": "\ud800"}'),
        ("/v1/detokenize", '{"tokens": [1000000000000000000000000]}'),
        ("/v1/rerank", r'{"query": "a", "documents": [{"text": "a", "b": "\ud800"}]}'),
        ("/v2/rerank", '{"query": "", "documents": ["a"]}'),
        ("/v1/classify", r'{"inputs": ["a"], "examples": [{"text": "a", "label": "\udfff"}]}'),
        ("/v1/finetuning/finetuned-models", r'{"name": "\ud800", "settings": {}}'),
    ],
)
def test_bad_bodies_are_refused(cohere_url: str, path: str, body: str) -> None:
    headers = {"content-type": "application/json"}
    found = httpx.post(f"{cohere_url}{path}", content=body, headers=headers)
    assert found.status_code in {400, 404}, found.text
    assert set(found.json()) == {"message", "id"}


def test_emoji_are_no_lone_surrogates(cohere_url: str) -> None:
    """Many clients escape them as surrogate pairs."""
    body, headers = r'{"texts": ["\ud83d\ude00"]}', {"content-type": "application/json"}
    found = httpx.post(f"{cohere_url}/v1/embed", content=body, headers=headers)
    assert found.json()["texts"] == ["\U0001f600"]


@pytest.mark.long
@pytest.mark.slow
def test_ten_thousand_texts_at_once(co: Any) -> None:
    """The client sends 64 requests of 96 texts at once; any that fails would lose all of them."""
    texts = [f"card {number}" for number in range(64 * 96)]
    found = np.asarray(co.embed(texts=texts, model=BASE).embeddings)
    some = [0, 1, 95, 96, 3000, 6143]
    expected = tunesmith.serve(BASE, threads=1).encode([texts[index] for index in some])
    _close(found[some], expected)


def _refused(call: Callable[[], object], kind: type[Exception]) -> str:
    with pytest.raises(kind) as raised:
        call()
    return str(raised.value.body["message"])  # type: ignore[attr-defined]
