"""Search indexes: create, list, add, remove, search, delete."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from tunesmith.server.access import Reader, Served, Trainer, key_id
from tunesmith.server.indexes.content import IndexHit
from tunesmith.server.indexes.store import StoredIndex
from tunesmith.server.indexing import Documents, add_texts, create_index, search_vectors
from tunesmith.server.routes.errors import ERRORS

router = APIRouter(prefix="/v1/indexes", tags=["search indexes"], responses=ERRORS)
Ids = Annotated[list[str], Field(max_length=100_000)]


class NewIndex(BaseModel):
    """An index to create, with the texts of a data set, with given texts, or empty."""

    name: str = Field(min_length=1, max_length=80)
    model: str
    dataset: str | None = Field(None, description="id of the data set with the documents")
    texts: list[str] = []
    ids: Ids | None = Field(None, description="an id for each text; random if omitted")


class NewTexts(BaseModel):
    """Texts to add; a text whose id is there replaces the earlier one."""

    texts: Annotated[list[str], Field(min_length=1)]
    ids: Ids | None = Field(None, description="an id for each text; random if omitted")


class IndexSearch(BaseModel):
    """Queries to search an index for."""

    queries: Annotated[list[str], Field(min_length=1)]
    k: int = Field(10, ge=1, le=1000, description="number of texts for each query")


class Removed(BaseModel):
    """The number of texts that were removed."""

    removed: int


@router.post("", status_code=201)
async def create(served: Served, key: Trainer, new: NewIndex) -> StoredIndex:
    """Create an index; it can be searched when this answers."""
    given = Documents(new.texts, new.ids, new.dataset)
    return await create_index(served, new.name, new.model, given, key_id(key))


@router.get("")
def list_indexes(served: Served, _key: Reader) -> list[StoredIndex]:
    """Return all indexes, newest first."""
    return served.indexes.all()


@router.get("/{index}")
def show(served: Served, _key: Reader, index: str) -> StoredIndex:
    """Return an index, by id or name."""
    return served.indexes.get(index)


@router.post("/{index}/add")
async def add(served: Served, _key: Trainer, index: str, new: NewTexts) -> StoredIndex:
    """Add texts to an index, or replace texts by their ids."""
    found = await run_in_threadpool(served.indexes.get, index)
    ids, texts = Documents(new.texts, new.ids).resolve(served)
    return await add_texts(served, found, ids, texts)


@router.delete("/{index}/texts")
def remove(
    served: Served, _key: Trainer, index: str, ids: Annotated[list[str], Query(min_length=1)]
) -> Removed:
    """Remove texts by their ids; ids that are not there are ignored."""
    return Removed(removed=served.indexes.remove(index, ids))


@router.post("/{index}/search")
async def search(
    served: Served, _key: Reader, index: str, request: IndexSearch
) -> list[list[IndexHit]]:
    """Return the texts most similar to each query, best first."""
    found = await run_in_threadpool(served.indexes.get, index)
    vectors = await search_vectors(served, found, request.queries)
    return await run_in_threadpool(served.indexes.search, found.id, vectors, request.k)


@router.delete("/{index}")
def delete(served: Served, _key: Trainer, index: str) -> StoredIndex:
    """Delete an index with its texts; return what it was."""
    return served.indexes.delete(index)
