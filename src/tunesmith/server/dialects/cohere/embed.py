"""Embed texts: versions 1 and 2."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from tunesmith.errors import UsageError
from tunesmith.server.access import Reader, Served
from tunesmith.server.dialects.cohere.embedding_types import EmbeddingType, by_type
from tunesmith.server.dialects.cohere.routing import Meta, answer_id, cohere_router, meta
from tunesmith.server.dialects.cohere.texts import CohereTruncate, InputType, encode, require_texts
from tunesmith.server.inference import Encoded
from tunesmith.vectors.compress import truncate
from tunesmith.wording import plural

router = cohere_router("")


class EmbedRequest(BaseModel):
    """Texts to embed; null means the same as an absent field."""

    texts: list[str] | None = None
    images: list[Any] | None = None
    model: str | None = Field(None, description="a model of this server, with or without -ft")
    input_type: InputType | None = None
    embedding_types: list[EmbeddingType] | None = None
    truncate: CohereTruncate | None = None


class Content(BaseModel):
    """A part of an input."""

    type: str = "text"
    text: str | None = None


class Input(BaseModel):
    """An input of version 2; its texts are joined by a line break."""

    content: list[Content] | str


class EmbedRequest2(EmbedRequest):
    """Texts to embed in version 2."""

    inputs: list[Input] | None = None
    output_dimension: Annotated[int, Field(ge=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None


class Floats(BaseModel):
    """A vector for each text, of length 1."""

    id: str
    response_type: str = "embeddings_floats"
    texts: list[str]
    embeddings: list[list[float]]
    meta: Meta


class ByType(BaseModel):
    """The vectors in each format that was asked for."""

    id: str
    response_type: str = "embeddings_by_type"
    texts: list[str]
    embeddings: dict[EmbeddingType, list[Any]]
    meta: Meta


@router.post("/v1/embed")
async def embed(served: Served, _key: Reader, request: EmbedRequest) -> Floats | ByType:
    """Return the vectors of texts: floats, or the formats in ``embedding_types``."""
    _refuse_images(request)
    texts = require_texts(request.texts, "texts")
    found = await encode(
        served, request.model, texts, input_type=request.input_type, truncate=request.truncate
    )
    about: dict[str, Any] = {"id": answer_id(), "texts": texts, "meta": _meta("1", found)}
    if request.embedding_types:
        return ByType(**about, embeddings=by_type(found.vectors, request.embedding_types))
    return Floats(**about, embeddings=found.vectors.tolist())


@router.post("/v2/embed")
async def embed2(served: Served, _key: Reader, request: EmbedRequest2) -> ByType:
    """Return the vectors of texts in the formats in ``embedding_types``, by default floats."""
    _refuse_images(request)
    texts = _texts(request)
    found = await encode(
        served,
        request.model,
        texts,
        input_type=request.input_type,
        truncate=request.truncate,
        max_tokens=request.max_tokens,
    )
    size = request.output_dimension
    vectors = found.vectors if size is None else truncate(found.vectors, size)
    found_types = by_type(vectors, request.embedding_types or ["float"])
    return ByType(id=answer_id(), texts=texts, embeddings=found_types, meta=_meta("2", found))


def _texts(request: EmbedRequest2) -> list[str]:
    if request.inputs and not request.texts:
        return require_texts([_text(each) for each in request.inputs], "inputs")
    return require_texts(request.texts, "texts")


def _text(given: Input) -> str:
    if isinstance(given.content, str):
        return given.content
    if any(each.type != "text" for each in given.content):
        raise _images_refused()
    return "\n".join(each.text or "" for each in given.content)


def _refuse_images(request: EmbedRequest) -> None:
    if request.images or request.input_type == "image":
        raise _images_refused()


def _images_refused() -> UsageError:
    return UsageError("images cannot be embedded here", hint="send texts only", option="images")


def _meta(version: str, found: Encoded) -> Meta:
    cut = [f"{plural(len(found.cut), 'text')} truncated to the model's maximum"]
    return meta(version, int(found.tokens.sum()), cut if found.cut else None)
