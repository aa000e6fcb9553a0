"""The models of the server, and the check of an API key."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from tunesmith.encoders.model_files.description import describe
from tunesmith.encoders.model_files.locate import locate
from tunesmith.server.access import Reader, Served
from tunesmith.server.dialects.cohere.pages import Paging, page
from tunesmith.server.dialects.cohere.routing import cohere_router
from tunesmith.server.services import Services
from tunesmith.server.stored_model import StoredModel

router = cohere_router("/v1")


class CohereModel(BaseModel):
    """A model; ``tokenizer_url`` is null, so that clients ask this server for tokens."""

    name: str
    endpoints: list[str]
    finetuned: bool
    context_length: int | None
    tokenizer_url: None = None
    default_endpoints: list[str]


class Models(BaseModel):
    """A page of models."""

    models: list[CohereModel]
    next_page_token: str | None


class ModelFilter(Paging):
    """Which models; null means the same as an absent field."""

    endpoint: str | None = None
    default_only: bool | None = None


@router.get("/models")
def list_models(served: Served, _key: Reader, asked: Annotated[ModelFilter, Query()]) -> Models:
    """Return the models of the server, the newest first and the bundled base last."""
    found = [_answer(served, each) for each in served.models.all()]
    found = [each for each in found if not asked.endpoint or asked.endpoint in each.endpoints]
    if asked.default_only:
        found = [each for each in found if each.default_endpoints]
    models, following = page(found, asked)
    return Models(models=models, next_page_token=following)


@router.get("/models/{name:path}")
def show_model(served: Served, _key: Reader, name: str) -> CohereModel:
    """Return a model."""
    return _answer(served, served.models.get(name))


@router.post("/check-api-key")
def check_api_key(_key: Reader) -> dict[str, bool]:
    """Answer if the API key is valid."""
    return {"valid": True}


def _answer(served: Services, model: StoredModel) -> CohereModel:
    return CohereModel(
        name=model.id,
        endpoints=["embed", "rerank", *(["classify"] if model.labels else [])],
        finetuned=not model.is_base,
        context_length=describe(locate(served.models.folder_of(model))).max_length,
        default_endpoints=["embed", "rerank"] if model.source == "bundled" else [],
    )
