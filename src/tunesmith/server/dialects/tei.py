"""The API of text-embeddings-inference: ``/tei/{model}``, and ``/tei`` for the default model.

Its requests name no model, so the address does. Nothing is redirected: ``/tei`` and ``/tei/`` are
both answered.
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias, TypeVar

from fastapi import APIRouter, Depends, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from tunesmith.server.access import Reader, Served
from tunesmith.server.dialects import openai_embeddings as openai
from tunesmith.server.dialects import tei_faults, tei_tokens, tei_work
from tunesmith.server.dialects.payloads import json_answer, shortened
from tunesmith.server.dialects.tei_payloads import (
    DecodeRequest,
    EmbedRequest,
    Info,
    LabelScore,
    PredictRequest,
    Rank,
    RerankRequest,
    SimilarityRequest,
    Token,
    TokenizeRequest,
)
from tunesmith.server.faults import NotFound

PREFIX = "/tei"
render, restate = tei_faults.render, tei_faults.restate
router = APIRouter(tags=["text-embeddings-inference"])
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def chosen(served: Served, model: str = "") -> str:
    """Return the model that the address names, or the default one."""
    return model.strip("/") or served.settings.tei_model


Model: TypeAlias = Annotated[str, Depends(chosen)]


def _answers(
    method: str, *paths: str, response_model: Any = None
) -> Callable[[Endpoint], Endpoint]:
    """Register a function for some paths below ``/tei`` and ``/tei/{model}``."""

    def register(endpoint: Endpoint) -> Endpoint:
        has_body = response_model is not None or method == "POST"
        kind = JSONResponse if has_body else Response
        for place in [f"{prefix}{path}" for path in paths for prefix in (PREFIX, _NAMED)]:
            router.add_api_route(
                place,
                endpoint,
                methods=[method],
                response_model=response_model,
                response_class=kind,
                include_in_schema=method != "HEAD",
            )
        return endpoint

    return register


_NAMED = f"{PREFIX}/{{model:path}}"


@_answers("POST", "/v1/embeddings", "/embeddings", response_model=openai.Embeddings)
async def openai_embeddings(
    served: Served, _key: Reader, model: Model, request: openai.Inputs
) -> Response:
    """Return the vectors of texts in OpenAI's shape."""
    found = await openai.encoded(served, model, request)
    return json_answer(openai.content(found, model, request))


@_answers("POST", "/similarity", response_model=list[float])
async def similarity(
    served: Served, _key: Reader, model: Model, request: SimilarityRequest
) -> Response:
    """Return the cosine similarity of a text to each of some texts."""
    texts = request.inputs.sentences
    if not texts:
        raise tei_faults.Empty("`sentences` is empty", hint="send at least one text")
    work = await tei_work.encode(
        served, model, [request.inputs.source_sentence, *texts], request.parameters
    )
    vectors = work.found.vectors
    return json_answer(vectors[1:] @ vectors[0], work.headers)


@_answers("POST", "/rerank", response_model=list[Rank])
async def rerank(served: Served, _key: Reader, model: Model, request: RerankRequest) -> Response:
    """Order texts by their similarity to a query, the most similar first."""
    ranks, work = await tei_work.rerank(served, model, request)
    return json_answer([each.model_dump(exclude_none=True) for each in ranks], work.headers)


@_answers("POST", "/predict", response_model=list[LabelScore] | list[list[LabelScore]])
async def predict(served: Served, _key: Reader, model: Model, request: PredictRequest) -> Response:
    """Predict the labels of a text, of a pair of texts, or of a batch."""
    found, work = await tei_work.predict(served, model, request)
    rows = [[each.model_dump() for each in row] for row in found]
    is_batch = isinstance(request.inputs, list) and not isinstance(request.inputs[0], str)
    return json_answer(rows if is_batch else rows[0], work.headers)


@_answers("POST", "/tokenize", response_model=list[list[Token]])
async def tokenize(
    served: Served, _key: Reader, model: Model, request: TokenizeRequest
) -> list[list[Token]]:
    """Return the tokens of texts, with their ranges of characters."""
    texts = [request.inputs] if isinstance(request.inputs, str) else request.inputs
    served.inference.limits.check_texts(len(texts))
    loaded = await served.inference.loaded(model)
    special = request.add_special_tokens
    return await run_in_threadpool(tei_tokens.tokens, loaded, texts, special=special)


@_answers("POST", "/decode", response_model=list[str])
async def decode(served: Served, _key: Reader, model: Model, request: DecodeRequest) -> list[str]:
    """Return the texts of token ids."""
    lists = [each for each in request.ids if isinstance(each, list)]
    single = [each for each in request.ids if isinstance(each, int)]
    loaded = await served.inference.loaded(model)
    skip = request.skip_special_tokens
    return await run_in_threadpool(tei_tokens.decoded, loaded, lists or [single], skip=skip)


@_answers("POST", "/embed_all", "/embed_sparse")
def not_offered(_key: Reader, model: Model) -> None:
    """Answer that a text has one dense vector here."""
    raise NotFound(
        f"model {model} gives one dense vector per text, neither sparse vectors nor one per token",
        hint="use /embed",
    )


@_answers("GET", "/metrics")
def metrics() -> None:
    """Answer where the metrics of the whole server are."""
    raise NotFound("metrics are those of the whole server", hint="read them at /metrics")


@_answers("GET", "/info", response_model=Info)
async def info(served: Served, _key: Reader, model: Model) -> Info:
    """Return the description of a model, with the limits of the server."""
    return tei_work.info(served, await served.inference.loaded(model), model)


@_answers("HEAD", "/health", "/ping", "/", "")
@_answers("GET", "/health", "/ping", "/", "")
def health(served: Served, model: Model) -> Response:
    """Answer without a key whether the server computes; a model is looked up if keys are off."""
    if not any(served.inference.names()):
        raise tei_faults.Unhealthy("no vector was computed yet", hint="ask again in a second")
    if not served.settings.needs_keys:
        served.models.place(model)
    return Response()


@_answers("POST", "/embed", "/", "", response_model=list[list[float]])
async def embed(served: Served, _key: Reader, model: Model, request: EmbedRequest) -> Response:
    """Return the vectors of texts."""
    work = await tei_work.embed(served, model, request)
    return json_answer(shortened(work.found.vectors, request.dimensions), work.headers)
