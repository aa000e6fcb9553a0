"""OpenAI's embeddings and models by its own client, and by plain HTTP."""

import base64
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import pytest

from tests.server.apps import running_server
from tunesmith.errors import DamagedModel, Overloaded
from tunesmith.home import Home
from tunesmith.models.serving import LoadedModel
from tunesmith.server import ServerSettings
from tunesmith.server.inference import Inference
from tunesmith.server.stores import open_stores

BASE = "all-MiniLM-L6-v2"
TEXTS = ["hello world", "Where is my parcel?", "Grüße, 東京", "", "a longer text " * 60]
HELLO, WHERE = [15339, 1917], [9241, 374, 856, 30409, 30]  # of cl100k_base

pytestmark = pytest.mark.slow


def _post(server: str, path: str, **body: Any) -> httpx.Response:
    return httpx.post(f"{server}/openai/v1{path}", json=body, timeout=60)


def _vectors(answer: Any) -> Any:
    """Return the vectors of an answer of the client, which leaves base64 alone if asked for it."""
    rows = [each.embedding for each in answer.data]
    if isinstance(rows[0], str):
        rows = [np.frombuffer(base64.b64decode(row), "<f4") for row in rows]
    return np.array(rows, np.float32)


@pytest.mark.parametrize("form", [{}, {"encoding_format": "float"}, {"encoding_format": "base64"}])
@pytest.mark.parametrize(
    ("given", "texts"),
    [
        ("hello world", ["hello world"]),
        (TEXTS, TEXTS),
        (HELLO, ["hello world"]),
        ([HELLO, WHERE], ["hello world", "Where is my parcel?"]),
    ],
    ids=["string", "list", "ids", "lists of ids"],
)
def test_vectors_are_the_librarys(
    client: openai.OpenAI,
    bundled: LoadedModel,
    given: Any,
    texts: list[str],
    form: dict[str, Any],
) -> None:
    answer = client.embeddings.create(model=BASE, input=given, **form)
    assert [each.index for each in answer.data] == list(range(len(texts)))
    assert np.abs(_vectors(answer) - bundled.encode(texts)).max() < 1e-5
    tokens = int(bundled.encoder.encode_counted(texts).tokens.sum())
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (tokens, tokens)


def test_plain_http_and_litellm_get_floats(live_server: str, bundled: LoadedModel) -> None:
    answer = _post(live_server, "/embeddings", model=BASE, input=["hello world"]).json()
    assert (answer["object"], answer["model"]) == ("list", BASE)
    found = np.array(answer["data"][0]["embedding"])
    assert np.abs(found - bundled.encode(["hello world"])[0]).max() < 1e-5


def test_a_text_has_the_same_vector_alone_and_among_many(
    client: openai.OpenAI, bundled: LoadedModel
) -> None:
    texts = [f"parcel {number} " * (number % 7 + 1) for number in range(150)]
    found = _vectors(client.embeddings.create(model=BASE, input=texts))
    alone = _vectors(client.embeddings.create(model=BASE, input=texts[100]))
    assert np.abs(found - bundled.encode(texts)).max() < 1e-5
    assert np.abs(found[100] - alone[0]).max() < 1e-5


def test_fewer_dimensions_have_length_1_again(client: openai.OpenAI, bundled: LoadedModel) -> None:
    answer = client.embeddings.create(model=BASE, input=TEXTS[:3], dimensions=64)
    cut = bundled.encode(TEXTS[:3])[:, :64]
    expected = cut / np.linalg.norm(cut, axis=1, keepdims=True)
    assert np.abs(_vectors(answer) - expected).max() < 1e-5


@pytest.mark.parametrize("dimensions", [0, -1, 385])
def test_impossible_dimensions_are_refused(client: openai.OpenAI, dimensions: int) -> None:
    with pytest.raises(openai.BadRequestError, match="the model has 384") as caught:
        client.embeddings.create(model=BASE, input="a", dimensions=dimensions)
    assert caught.value.param == "dimensions"


@pytest.mark.parametrize("given", [[], [[]], [HELLO, []]])
def test_empty_input_is_refused(client: openai.OpenAI, given: Any) -> None:
    with pytest.raises(openai.BadRequestError, match="input is empty"):
        client.embeddings.create(model=BASE, input=given)


@pytest.mark.parametrize(
    "body",
    [{}, {"input": 3}, {"input": ["a", 1]}, {"input": "a", "encoding_format": "int8"}],
)
def test_wrong_values_name_their_field(live_server: str, body: dict[str, Any]) -> None:
    answer = _post(live_server, "/embeddings", model=BASE, **body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["param"] in {"input", "encoding_format"}
    assert error["type"] == "invalid_request_error"
    assert error["message"]


def test_a_body_that_is_not_json(live_server: str) -> None:
    headers = {"content-type": "application/json"}
    answer = httpx.post(f"{live_server}/openai/v1/embeddings", content=b'{"a":', headers=headers)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["message"], error["param"]) == ("the body is not valid JSON", None)


def test_null_and_unknown_fields_are_as_if_absent(live_server: str) -> None:
    nulls = {"encoding_format": None, "dimensions": None, "user": None, "of_tomorrow": 1}
    answer = _post(live_server, "/embeddings", model=BASE, input="a", **nulls)
    assert len(answer.json()["data"][0]["embedding"]) == 384


def test_an_unknown_model(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="there is no model 'ada'") as caught:
        client.embeddings.create(model="ada", input="a")
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    assert caught.value.type == "invalid_request_error"
    assert caught.value.request_id


def test_the_old_ending_of_ids(client: openai.OpenAI) -> None:
    assert client.embeddings.create(model=f"{BASE}-ft", input="a").data
    assert client.models.retrieve(f"{BASE}-ft").id == BASE


def test_models_are_listed_and_retrieved(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["tiny-labels", BASE]
    model = client.models.retrieve("tiny-labels")
    assert (model.object, model.owned_by, model.created > 0) == ("model", "tunesmith", True)


def test_a_slash_in_a_name_is_no_other_route(client: openai.OpenAI, live_server: str) -> None:
    with pytest.raises(openai.NotFoundError, match="there is no model 'BAAI/bge-m3'"):
        client.models.retrieve("BAAI/bge-m3")  # the client sends %2F
    plain = httpx.get(f"{live_server}/openai/v1/models/BAAI/bge-m3")
    assert plain.json()["error"]["code"] == "model_not_found"


def test_the_bundled_model_cannot_be_deleted(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="not made by this server"):
        client.models.delete(BASE)


def test_an_unknown_address_says_so(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="nothing at this address"):
        client.completions.create(model=BASE, prompt="a")


def test_another_method_is_refused_in_its_shape(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.put("/models", cast_to=object)
    assert (caught.value.status_code, caught.value.code) == (405, "method_not_allowed")
    assert caught.value.type == "invalid_request_error"
    assert caught.value.response.headers["allow"] == "GET"


def test_too_many_bytes_are_refused_in_its_shape(
    shared_exports: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Once: the client does not try again."""
    with running_server(tmp_path_factory.mktemp("small"), body_bytes=1000) as server:
        with (
            openai.OpenAI(base_url=f"{server}/openai/v1", api_key="any") as client,
            pytest.raises(openai.APIStatusError, match="more than 1,000 bytes") as caught,
        ):
            client.embeddings.create(model=BASE, input="a" * 2000)
        assert httpx.get(f"{server}/metrics").text.count('status="413"} 1.0') == 1
    assert (caught.value.status_code, caught.value.code) == (413, "too_large")
    assert caught.value.type == "invalid_request_error"


@pytest.mark.parametrize(
    ("error", "raised", "code"),
    [
        (Overloaded("busy", retry_after=7), openai.RateLimitError, "rate_limit_exceeded"),
        (DamagedModel("a file has changed"), openai.InternalServerError, "damaged_model"),
        (RuntimeError("a secret"), openai.InternalServerError, "internal"),
    ],
)
def test_errors_of_the_server(
    client: openai.OpenAI,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    raised: type[openai.APIStatusError],
    code: str,
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(Inference, "encode", fail)
    with pytest.raises(raised) as caught:
        client.embeddings.create(model=BASE, input="a")
    assert caught.value.code == code
    assert "secret" not in caught.value.message
    if isinstance(error, Overloaded):
        assert caught.value.response.headers["retry-after"] == "7"


def test_keys(tmp_path: Path, shared_exports: None) -> None:
    """No key, a wrong one, one that may only read; the scheme in any case."""
    settings = ServerSettings(Home(tmp_path))
    with running_server(tmp_path, require_keys=True) as address:
        stores = open_stores(settings)
        secret = stores.keys.create("a reader", "read")[1]
        stores.engine.dispose()
        url = f"{address}/openai/v1"
        with openai.OpenAI(base_url=url, api_key=secret, max_retries=0) as reader:
            assert reader.embeddings.create(model=BASE, input="a").data
            with pytest.raises(openai.PermissionDeniedError, match="this needs train"):
                reader.files.create(file=b"text,label\n", purpose="fine-tune")
            with pytest.raises(openai.AuthenticationError, match="missing, wrong") as caught:
                reader.with_options(api_key="wrong").models.list()
            assert caught.value.code == "invalid_api_key"
        shouted = httpx.get(f"{url}/models", headers={"authorization": f"BEARER {secret}"})
        assert shouted.status_code == 200
        assert httpx.get(f"{url}/models").status_code == 401
        assert httpx.get(f"{address}/tei/health").status_code == 200
        refused = httpx.post(f"{address}/tei/embed", json={"inputs": "a"})
        assert refused.status_code == 401
        assert refused.json().keys() == {"error", "error_type"}
