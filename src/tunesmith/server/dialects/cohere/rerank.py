"""Order documents by their relevance to a query: versions 1 and 2."""

from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, Field

from tunesmith.errors import UsageError
from tunesmith.server.access import Reader, Served
from tunesmith.server.dialects.cohere.routing import Meta, answer_id, cohere_router, meta
from tunesmith.server.dialects.cohere.texts import model_name, require_texts, shortened
from tunesmith.server.reranking import rank
from tunesmith.server.services import Services

router = cohere_router("")
Count = Annotated[int, Field(ge=1)]


class RerankRequest(BaseModel):
    """Documents to order; null means the same as an absent field."""

    query: str
    documents: list[str]
    model: str | None = None
    top_n: Count | None = None
    max_tokens_per_doc: Count | None = None


class RerankRequest1(BaseModel):
    """Documents to order in version 1: texts, or objects with fields."""

    query: str
    documents: list[str | dict[str, Any]]
    model: str | None = None
    top_n: Count | None = None
    return_documents: bool | None = None
    rank_fields: list[str] | None = None


class Ranked(BaseModel):
    """A document by its index."""

    index: int
    relevance_score: float = Field(description="cosine similarity; 0 if it is negative")


class RankedDocument(Ranked):
    """A document by its index, and its fields if they were asked for."""

    document: dict[str, Any] | None = None


class RerankAnswer(BaseModel):
    """Documents, the most relevant first."""

    id: str
    results: list[Ranked]
    meta: Meta


class RerankAnswer1(BaseModel):
    """Documents, the most relevant first."""

    id: str
    results: list[RankedDocument]
    meta: Meta


@router.post("/v1/rerank", response_model_exclude_none=True)
async def rerank1(served: Served, _key: Reader, request: RerankRequest1) -> RerankAnswer1:
    """Order texts, or objects by the text of their ``rank_fields``."""
    documents = [{"text": each} if isinstance(each, str) else each for each in request.documents]
    fields = request.rank_fields or ["text"]
    texts = [_joined(each, fields, position) for position, each in enumerate(documents)]
    asked = RerankRequest(
        query=request.query, documents=texts, model=request.model, top_n=request.top_n
    )
    ranked, tokens = await _ranked(served, asked)
    shown = documents if request.return_documents else [None] * len(documents)
    results = [RankedDocument(**dict(each), document=shown[each.index]) for each in ranked]
    return RerankAnswer1(id=answer_id(), results=results, meta=meta("1", tokens))


@router.post("/v2/rerank")
async def rerank2(served: Served, _key: Reader, request: RerankRequest) -> RerankAnswer:
    """Order texts by their relevance to a query."""
    ranked, tokens = await _ranked(served, request)
    return RerankAnswer(id=answer_id(), results=ranked, meta=meta("2", tokens))


async def _ranked(served: Services, request: RerankRequest) -> tuple[list[Ranked], int]:
    """Return the documents, the most similar first, and the number of tokens read."""
    if not request.query:
        raise UsageError("query is an empty string", hint="send a query", option="query")
    texts = require_texts(request.documents, "documents")
    name = model_name(request.model)
    if request.max_tokens_per_doc is not None:
        texts = await shortened(served, name, texts, request.max_tokens_per_doc, "end")
    found = await rank(served.inference, name, request.query, texts)
    scores = np.clip(found.cosines, 0, 1).tolist()
    ranked = [
        Ranked(index=index, relevance_score=scores[index]) for index in found.order(request.top_n)
    ]
    return ranked, int(found.query.tokens.sum() + found.documents.tokens.sum())


def _joined(document: dict[str, Any], fields: list[str], position: int) -> str:
    given = [str(document[name]) for name in fields if document.get(name) is not None]
    if not given:
        raise UsageError(
            f"documents[{position}] has no field {fields[0]!r}",
            hint="name its text fields in rank_fields",
            option="rank_fields",
        )
    return "\n".join(given)
