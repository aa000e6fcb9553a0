"""Use a model: embed, classify, similarity, search, rerank."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from tunesmith.server.access import Reader, Served
from tunesmith.server.dialects.payloads import as_base64, json_answer
from tunesmith.server.reranking import rank
from tunesmith.server.routes.errors import ERRORS
from tunesmith.vectors.similarity import cosine_similarity

router = APIRouter(prefix="/v1", tags=["use"], responses=ERRORS)
Texts = Annotated[list[str], Field(min_length=1)]


class EmbedRequest(BaseModel):
    """Texts to embed."""

    model: str
    texts: Texts
    prompt: Literal["query", "document"] | None = None
    truncate: Literal["end", "start", "none"] = "end"
    encoding: Literal["float", "base64"] = Field(
        "float", description="base64: the bytes of each vector as little-endian float32"
    )


class EmbedAnswer(BaseModel):
    """A vector for each text, of length 1."""

    model: str
    dimension: int
    vectors: list[list[float]] | list[str]
    tokens: int = Field(description="tokens that were read")
    cut: list[int] = Field(description="indices of texts that were longer than the model reads")


class ClassifyRequest(BaseModel):
    """Texts to classify."""

    model: str
    texts: Texts
    min_probability: float = Field(0.0, ge=0, le=1)


class Classified(BaseModel):
    """The labels of one text."""

    label: str | None = Field(description="most probable label; null if the model abstained")
    labels: list[str]
    probability: float
    probabilities: dict[str, float]
    familiar: bool | None = Field(description="whether the text resembles the training texts")


class SimilarityRequest(BaseModel):
    """Texts to compare with others."""

    model: str
    texts: Texts
    others: list[str] | None = None


class RerankRequest(BaseModel):
    """Documents to order by their similarity to a query."""

    model: str
    query: str
    documents: Texts
    top: int | None = Field(None, ge=1)


@router.post("/embed", response_model=EmbedAnswer)
async def embed(served: Served, _key: Reader, request: EmbedRequest) -> Response:
    """Return the vectors of texts."""
    found = await served.inference.encode(
        request.model, request.texts, prompt=request.prompt, truncate=request.truncate
    )
    is_float = request.encoding == "float"
    # Written at once: to check each of a thousand vectors as a list of floats takes longer.
    return json_answer(
        {
            "model": request.model,
            "dimension": found.vectors.shape[1],
            "vectors": found.vectors if is_float else [as_base64(row) for row in found.vectors],
            "tokens": int(found.tokens.sum()),
            "cut": list(found.cut),
        }
    )


@router.post("/classify")
async def classify(served: Served, _key: Reader, request: ClassifyRequest) -> list[Classified]:
    """Predict the labels of texts."""
    found = await served.inference.classify(
        request.model, request.texts, min_probability=request.min_probability
    )
    return [
        Classified(
            label=each.label,
            labels=list(each.labels),
            probability=each.probability,
            probabilities=dict(each.probabilities),
            familiar=each.familiar,
        )
        for each in found
    ]


@router.post("/similarity")
async def similarity(served: Served, _key: Reader, request: SimilarityRequest) -> list[list[float]]:
    """Return the cosine similarities of all pairs of texts."""
    texts = [*request.texts, *(request.others or ())]
    vectors = (await served.inference.encode(request.model, texts)).vectors
    left = vectors[: len(request.texts)]
    right = left if request.others is None else vectors[len(request.texts) :]
    rows: list[list[float]] = cosine_similarity(left, right).tolist()
    return rows


@router.post("/rerank")
async def rerank(served: Served, _key: Reader, request: RerankRequest) -> list[dict[str, Any]]:
    """Order documents by their similarity to a query, the most similar first."""
    found = await rank(served.inference, request.model, request.query, request.documents)
    scores = found.cosines.tolist()
    return [{"index": index, "score": scores[index]} for index in found.order(request.top)]
