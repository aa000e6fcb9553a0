"""Embeddings as OpenAI's clients ask for them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from tunesmith.errors import UsageError
from tunesmith.server.access import Reader, Served
from tunesmith.server.dialects.openai_tokens import decode
from tunesmith.server.dialects.payloads import (
    Payload,
    as_base64,
    json_answer,
    shortened,
    texts_or_ids,
)
from tunesmith.server.inference import Encoded
from tunesmith.server.services import Services

router = APIRouter(prefix="/openai/v1/embeddings", tags=["OpenAI"])
Ids = list[int]


class Inputs(Payload):
    """Texts to embed, and the form of their vectors."""

    input: Annotated[
        str | list[str] | Ids | list[Ids],
        Field(description="a string, strings, token ids of cl100k_base, or lists of them"),
    ]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(None, description="only the first, of length 1 again")


class EmbeddingsRequest(Inputs):
    """Texts to embed with a model."""

    model: str


class Embedding(BaseModel):
    """The vector of one text."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str = Field(description="base64 of little-endian float32 if asked for")


class Usage(BaseModel):
    """The number of tokens that were read."""

    prompt_tokens: int
    total_tokens: int


class Embeddings(BaseModel):
    """The vectors of all texts, in their order."""

    object: Literal["list"] = "list"
    model: str
    data: list[Embedding]
    usage: Usage


@router.post("", response_model=Embeddings)
async def embeddings(served: Served, _key: Reader, request: EmbeddingsRequest) -> Response:
    """Return the vectors of texts."""
    found = await encoded(served, request.model, request)
    return json_answer(content(found, request.model, request))


async def encoded(served: Services, model: str, request: Inputs) -> Encoded:
    """Return the vectors of a request's texts, with all dimensions.

    Raises
    ------
    UsageError
        There are no texts, or token ids that cannot be decoded.
    """
    texts = await _texts(request.input)
    return await served.inference.encode(model, texts)


def content(found: Encoded, model: str, request: Inputs) -> dict[str, Any]:
    """Return the body of an answer in the form that the request asks for."""
    vectors, tokens = shortened(found.vectors, request.dimensions), int(found.tokens.sum())
    packed = request.encoding_format == "base64"
    return {
        "object": "list",
        "model": model,
        "data": [
            {"object": "embedding", "index": index, "embedding": as_base64(row) if packed else row}
            for index, row in enumerate(vectors)
        ],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


async def _texts(given: str | list[str] | Ids | list[Ids]) -> list[str]:
    texts, ids = texts_or_ids(given)
    if not (texts or ids) or not all(ids):
        raise UsageError("input is empty", hint="send at least one text", option="input")
    return texts or await run_in_threadpool(decode, ids)
