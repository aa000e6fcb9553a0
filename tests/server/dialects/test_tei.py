"""The API of text-embeddings-inference by LlamaIndex, huggingface_hub and plain HTTP."""

from base64 import b64decode
from typing import Any

import httpx
import huggingface_hub.constants
import numpy as np
import openai
import pytest
from huggingface_hub import InferenceClient
from llama_index.embeddings.text_embeddings_inference import (  # type: ignore[import-untyped]
    TextEmbeddingsInference,
)

from tunesmith.errors import DamagedModel, Overloaded
from tunesmith.models.serving import LoadedModel, serve
from tunesmith.server.inference import Inference
from tunesmith.version import __version__

BASE = "all-MiniLM-L6-v2"
TEXTS = ["hello world", "Where is my parcel?", "Grüße, 東京", "", "a longer text " * 60]

pytestmark = pytest.mark.slow


def _post(server: str, path: str, **body: Any) -> httpx.Response:
    return httpx.post(f"{server}/tei{path}", json=body, timeout=60)


@pytest.mark.parametrize(
    "path",
    ["", "/", "/embed", f"/{BASE}", f"/{BASE}/", f"/{BASE}/embed", f"/{BASE}-ft/embed"],
)
def test_vectors_are_the_librarys_at_every_address(
    live_server: str, bundled: LoadedModel, path: str
) -> None:
    answer = _post(live_server, path, inputs=TEXTS)
    assert answer.status_code == 200
    assert np.abs(np.array(answer.json()) - bundled.encode(TEXTS)).max() < 1e-5
    one = _post(live_server, path, inputs="hello world").json()
    assert np.abs(np.array(one) - bundled.encode(["hello world"])).max() < 1e-5


def test_another_model_by_its_address(live_server: str) -> None:
    assert len(_post(live_server, "/tiny-labels/embed", inputs="a").json()[0]) == 32


def test_token_ids_are_those_of_the_model(live_server: str, bundled: LoadedModel) -> None:
    tokens = _post(live_server, "/tokenize", inputs=TEXTS[:2]).json()
    ids = [[token["id"] for token in each] for each in tokens]
    found = np.array(_post(live_server, "/embed", inputs=ids).json())
    assert np.abs(found - bundled.encode(TEXTS[:2])).max() < 1e-5
    single = np.array(_post(live_server, "/embed", inputs=ids[0]).json())
    assert np.abs(single - found[:1]).max() < 1e-5


def test_headers_report_tokens_and_times(live_server: str) -> None:
    headers = _post(live_server, "/embed", inputs=["hello world", "hi"]).headers
    assert headers["x-compute-tokens"] == "7"
    total, queue, inference = (
        int(headers[f"x-{name}-time"]) for name in ("total", "queue", "inference")
    )
    assert 0 <= queue <= total
    assert 0 <= inference <= total
    assert headers["x-request-id"]


def test_long_texts_are_truncated_unless_told_otherwise(
    live_server: str, bundled: LoadedModel
) -> None:
    text = "first " * 300 + "last"
    assert _post(live_server, "/embed", inputs=text, truncate=None).status_code == 200
    refused = _post(live_server, "/embed", inputs=text, truncate=False)
    assert (refused.status_code, refused.json()["error_type"]) == (422, "Validation")
    assert "longer than the 256 tokens" in refused.json()["error"]
    end = bundled.encode(["first " * 253 + "last"])
    for side in ("left", "Left"):
        found = _post(live_server, "/embed", inputs=text, truncation_direction=side).json()
        assert np.abs(np.array(found) - end).max() < 1e-5


def test_options_of_an_embedding(live_server: str, bundled: LoadedModel) -> None:
    options = {"normalize": True, "prompt_name": "query", "dimensions": 64, "of_tomorrow": [1]}
    found = np.array(_post(live_server, "/embed", inputs="hello world", **options).json())
    cut = bundled.encode(["hello world"])[:, :64]
    assert np.abs(found - cut / np.linalg.norm(cut)).max() < 1e-5


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"inputs": []}, 400, "Empty"),
        ({}, 422, "Validation"),
        ({"inputs": 3}, 422, "Validation"),
        ({"inputs": "a", "normalize": False}, 422, "Validation"),
        ({"inputs": "a", "dimensions": 0}, 422, "Validation"),
        ({"inputs": "a", "dimensions": 385}, 422, "Validation"),
        ({"inputs": "a", "prompt_name": "none"}, 422, "Validation"),
        ({"inputs": "a", "truncation_direction": "up"}, 422, "Validation"),
        ({"inputs": ["a"] * 2049}, 422, "Validation"),
    ],
)
def test_refused_embeddings(live_server: str, body: dict[str, Any], status: int, kind: str) -> None:
    answer = _post(live_server, "/embed", **body)
    assert (answer.status_code, answer.json()["error_type"]) == (status, kind)
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (Overloaded("busy", retry_after=7), 429, "Overloaded"),
        (DamagedModel("a file has changed"), 424, "Backend"),
        (RuntimeError("a secret"), 424, "Backend"),
    ],
)
def test_errors_of_the_server(
    live_server: str,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    kind: str,
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(Inference, "encode", fail)
    answer = _post(live_server, "/embed", inputs="a")
    assert (answer.status_code, answer.json()["error_type"]) == (status, kind)
    assert "secret" not in answer.text
    if status == 429:
        assert answer.headers["retry-after"] == "7"


@pytest.mark.parametrize("path", ["/embed", "/tokenize"])
def test_a_lone_surrogate_is_refused(live_server: str, path: str) -> None:
    headers = {"content-type": "application/json"}
    content = b'{"inputs": "\\ud800"}'
    answer = httpx.post(f"{live_server}/tei{path}", content=content, headers=headers)
    assert (answer.status_code, answer.json()["error_type"]) == (422, "Validation")


def test_an_unknown_model(live_server: str) -> None:
    for path in ("/none/embed", "/BAAI/bge-m3/embed", "/BAAI%2Fbge-m3/rerank", "/none"):
        answer = _post(live_server, path, inputs="a", query="a", texts=["a"])
        assert answer.status_code == 404
        assert "there is no model" in answer.json()["error"]


def test_what_a_text_model_lacks_is_refused_with_words(live_server: str) -> None:
    for path in ("/embed_all", "/embed_sparse", f"/{BASE}/embed_all", f"/{BASE}/embed_sparse"):
        answer = _post(live_server, path, inputs="a")
        assert answer.status_code == 404
        assert "use /embed" in answer.json()["error"]


def test_similarity(live_server: str, bundled: LoadedModel) -> None:
    inputs = {"source_sentence": "hello world", "sentences": ["hi", "tax"]}
    answer = _post(live_server, "/similarity", inputs=inputs, parameters=None)
    expected = bundled.similarity(["hello world"], ["hi", "tax"])[0]
    assert np.abs(np.array(answer.json()) - expected).max() < 1e-5
    assert "x-compute-tokens" in answer.headers
    empty = _post(live_server, "/similarity", inputs={**inputs, "sentences": []})
    assert (empty.status_code, empty.json()["error_type"]) == (400, "Empty")
    parameters = {"truncate": False}
    long = {"source_sentence": "a " * 300, "sentences": ["a"]}
    refused = _post(live_server, "/similarity", inputs=long, parameters=parameters)
    assert refused.status_code == 422


def test_rerank_as_litellm_asks(live_server: str, bundled: LoadedModel) -> None:
    texts = ["tax return", "hello there", "greetings to the world"]
    cosines = bundled.similarity(["hello world"], texts)[0]
    body = {"query": "hello world", "texts": texts}
    found = _post(live_server, "/rerank", **body, truncate=True, return_text=True).json()
    assert [each["index"] for each in found] == np.argsort(-cosines).tolist()
    assert [each["text"] for each in found] == [texts[each["index"]] for each in found]
    scores = [each["score"] for each in found]
    assert all(0 <= score <= 1 for score in scores)
    raw = _post(live_server, f"/{BASE}/rerank", **body, raw_scores=True).json()
    assert raw[0].keys() == {"index", "score"}
    assert abs(raw[0]["score"] - cosines.max()) < 1e-5
    empty = _post(live_server, "/rerank", query="a", texts=[])
    assert (empty.status_code, empty.json()["error_type"]) == (400, "Empty")


def test_predict(live_server: str, live_home: Any) -> None:
    model = serve(live_home / "models" / "tiny-labels", threads=1)
    path = "/tiny-labels/predict"
    texts = ["late order", "login broken"]
    expected = [dict(each.ranked) for each in model.classify(texts)]
    one = _post(live_server, path, inputs=texts[0]).json()
    assert [each["label"] for each in one] == list(expected[0])
    batch = _post(live_server, path, inputs=[[text] for text in texts]).json()
    found = [{each["label"]: each["score"] for each in row} for row in batch]
    for left, right in zip(found, expected, strict=True):
        assert left == pytest.approx(right, abs=1e-5)
    pair = _post(live_server, path, inputs=texts).json()
    pairs = _post(live_server, path, inputs=[texts, texts[:1]]).json()
    for left, right in zip(pairs, [pair, one], strict=True):
        assert [each["score"] for each in left] == pytest.approx(
            [each["score"] for each in right], abs=1e-5
        )
    joined = dict(model.classify([" ".join(texts)])[0].ranked)
    assert {each["label"]: each["score"] for each in pair} == pytest.approx(joined, abs=1e-5)
    raw = _post(live_server, path, inputs=texts[0], raw_scores=True)
    logits = sorted(model.decision_function(texts[:1])[0].tolist(), reverse=True)
    assert [each["score"] for each in raw.json()] == pytest.approx(logits, abs=1e-5)
    assert "x-compute-tokens" in raw.headers


@pytest.mark.parametrize(
    ("path", "inputs", "status", "kind"),
    [
        ("/predict", "a", 424, "Backend"),
        ("/tiny-labels/predict", [], 400, "Empty"),
        ("/tiny-labels/predict", ["a", "b", "c"], 422, "Validation"),
        ("/tiny-labels/predict", [["a", "b", "c"]], 422, "Validation"),
    ],
)
def test_refused_predictions(
    live_server: str, path: str, inputs: Any, status: int, kind: str
) -> None:
    answer = _post(live_server, path, inputs=inputs)
    assert (answer.status_code, answer.json()["error_type"]) == (status, kind)


def test_tokenize_and_decode(live_server: str) -> None:
    (tokens,) = _post(live_server, "/tokenize", inputs="Hello Wörld").json()
    assert tokens[0] == {"id": 101, "text": "[CLS]", "special": True, "start": None, "stop": None}
    assert tokens[2] == {"id": 2088, "text": "Wörld", "special": False, "start": 6, "stop": 11}
    batch = _post(live_server, "/tokenize", inputs=["a", "word " * 900], add_special_tokens=False)
    assert [len(each) for each in batch.json()] == [1, 900]  # neither padded nor truncated
    ids = [token["id"] for token in tokens]
    assert _post(live_server, "/decode", ids=ids).json() == ["hello world"]
    whole = _post(live_server, "/decode", ids=[ids, ids], skip_special_tokens=False).json()
    assert whole == ["[CLS] hello world [SEP]"] * 2
    for wrong in (-1, 1_000_000_000):
        assert _post(live_server, "/decode", ids=[wrong]).status_code == 422
    assert _post(live_server, "/embed", inputs=[[999_999]]).status_code == 422


@pytest.mark.parametrize("path", ["/v1", f"/{BASE}/v1"])
def test_openais_client(live_server: str, bundled: LoadedModel, path: str) -> None:
    with openai.OpenAI(base_url=f"{live_server}/tei{path}", api_key="any") as client:
        answer = client.embeddings.create(model="text-embeddings-inference", input=TEXTS)
    found = np.array([each.embedding for each in answer.data])
    assert np.abs(found - bundled.encode(TEXTS)).max() < 1e-5


@pytest.mark.parametrize("path", ["/embeddings", "/v1/embeddings", f"/{BASE}/embeddings"])
def test_openais_shape(live_server: str, bundled: LoadedModel, path: str) -> None:
    floats = _post(live_server, path, input="hello world").json()["data"][0]["embedding"]
    packed = _post(live_server, path, input="hello world", encoding_format="base64").json()
    found = np.frombuffer(b64decode(packed["data"][0]["embedding"]), "<f4")
    expected = bundled.encode(["hello world"])[0]
    assert np.abs(np.array(floats) - expected).max() < 1e-5
    assert np.abs(found - expected).max() < 1e-5
    assert packed["usage"] == {"prompt_tokens": 4, "total_tokens": 4}


def test_info(live_server: str, bundled: LoadedModel) -> None:
    info = httpx.get(f"{live_server}/tei/info").json()
    assert (info["model_id"], info["model_sha"]) == (BASE, bundled.digest)
    assert info["model_type"] == {"embedding": {"pooling": "mean"}}
    assert (info["model_dtype"], info["max_input_length"]) == ("float32", 256)
    assert (info["auto_truncate"], info["normalize"]) == (True, True)
    assert info["version"] == __version__
    for name in (
        "max_concurrent_requests",
        "max_batch_tokens",
        "max_client_batch_size",
        "tokenization_workers",
    ):
        assert info[name] > 0
    tiny = httpx.get(f"{live_server}/tei/tiny-labels-ft/info").json()
    assert (tiny["model_id"], tiny["served_model_name"]) == ("tiny-labels", "tiny-labels-ft")
    assert tiny["model_type"]["classifier"]["id2label"] == {"0": "card", "1": "login", "2": "order"}


@pytest.mark.parametrize("path", ["", "/", "/health", "/ping", f"/{BASE}", f"/{BASE}/health"])
def test_health(live_server: str, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    assert httpx.get(f"{live_server}/tei{path}").status_code == 200
    monkeypatch.setattr(Inference, "names", lambda _: [])
    answer = httpx.get(f"{live_server}/tei{path}")
    assert (answer.status_code, answer.json()["error_type"]) == (503, "Unhealthy")


def test_health_of_an_unknown_model_and_metrics(live_server: str) -> None:
    unknown = httpx.get(f"{live_server}/tei/none/health")
    metrics = httpx.get(f"{live_server}/tei/metrics")
    assert (unknown.status_code, metrics.status_code) == (404, 404)
    assert "/metrics" in metrics.json()["error"]


def test_llama_index(live_server: str, bundled: LoadedModel) -> None:
    client = TextEmbeddingsInference(
        model_name=BASE, base_url=f"{live_server}/tei/{BASE}", text_instruction=" "
    )
    texts = ["hello world", "Where is my parcel?"]
    found = np.array(client.get_text_embedding_batch(texts))
    assert np.abs(found - bundled.encode(texts)).max() < 1e-5
    query = np.array(client.get_query_embedding("hello world"))
    assert query.shape == (384,)


@pytest.mark.parametrize("path", ["/tei", f"/tei/{BASE}"])
def test_huggingface_hub(
    live_server: str, bundled: LoadedModel, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    client = InferenceClient(base_url=f"{live_server}{path}")
    found = client.feature_extraction("hello world")
    assert found.shape == (1, 384)
    assert np.abs(found - bundled.encode(["hello world"])).max() < 1e-5
    options: Any = {"normalize": True, "truncate": True, "truncation_direction": "left"}
    assert np.abs(client.feature_extraction("hello world", **options) - found).max() < 1e-6
