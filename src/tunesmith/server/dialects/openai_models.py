"""Models as OpenAI's clients list and delete them."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from tunesmith.server.access import Reader, Served, Trainer
from tunesmith.server.stored_model import StoredModel

router = APIRouter(prefix="/openai/v1/models", tags=["OpenAI"])


class Model(BaseModel):
    """A model that can be called."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "tunesmith"


class Models(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    data: list[Model]


class Deleted(BaseModel):
    """What was deleted."""

    id: str
    object: str
    deleted: bool = True


@router.get("")
def list_models(served: Served, _key: Reader) -> Models:
    """Return all models: those of this server, of its home, and the bundled base."""
    return Models(data=[_answer(model) for model in served.models.all()])


@router.get("/{name:path}")
def retrieve(served: Served, _key: Reader, name: str) -> Model:
    """Return a model by id or alias."""
    return _answer(served.models.get(name))


@router.delete("/{name:path}")
async def delete(served: Served, _key: Trainer, name: str) -> Deleted:
    """Delete a model of this server, unless a search index uses it."""
    ident = served.models.show(name).id
    served.stores.delete_model(ident)
    await served.inference.unload(ident)
    return Deleted(id=ident, object="model")


def _answer(model: StoredModel) -> Model:
    return Model(id=model.id, created=int(model.created_at))
