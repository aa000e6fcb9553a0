"""Encode the texts of an index in requests that leave room for others, and add them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from fastapi.concurrency import run_in_threadpool
from numpy.typing import NDArray

from tunesmith.errors import Overloaded, UsageError
from tunesmith.server.ids import new_id
from tunesmith.server.indexes.documents import documents_of
from tunesmith.server.indexes.store import StoredIndex, check_ids
from tunesmith.server.inference.request import Encoded
from tunesmith.server.services import Services

_TEXTS = 128


@dataclass(frozen=True)
class Documents:
    """The documents of a request: texts, with or without ids, or those of a data set.

    Parameters
    ----------
    texts, ids
        The texts; without ids, they get random ones.
    dataset
        Id of a data set.
    """

    texts: Sequence[str] = ()
    ids: Sequence[str] | None = None
    dataset: str | None = None

    def resolve(self, served: Services) -> tuple[list[str], list[str]]:
        """Return ids and texts.

        Raises
        ------
        UsageError
            There are texts and a data set.
        NotFound, NotReady, DataError
            There is no such data set, or it cannot be used.
        """
        if self.dataset is None:
            ids = [new_id("text") for _ in self.texts] if self.ids is None else list(self.ids)
            check_ids(ids, self.texts)
            return ids, list(self.texts)
        if self.texts or self.ids:
            raise UsageError(
                "both `texts` and `dataset` are given", hint="give one of them", option="dataset"
            )
        served.datasets.readable(self.dataset)  # an index needs no test, so no number of rows
        return documents_of(served.datasets.inspection(self.dataset))


async def create_index(
    served: Services,
    name: str,
    model: str,
    given: Documents,
    created_by: str | None = None,
) -> StoredIndex:
    """Create an index, and fill it; it is gone again if that fails.

    Raises
    ------
    UnknownModel, NotReady, NotFound
        There is no such model or data set, or it is not ready.
    NameTaken
        Another index has this name.
    UsageError
        Texts and ids do not fit.
    """
    ident = (await run_in_threadpool(served.models.get, model)).id
    ids, texts = await run_in_threadpool(given.resolve, served)
    index = await run_in_threadpool(served.indexes.create, name, ident, created_by)
    try:
        return await add_texts(served, index, ids, texts)
    except BaseException:
        await run_in_threadpool(served.indexes.delete, index.id)
        raise


async def add_texts(
    served: Services, index: StoredIndex, ids: Sequence[str], texts: Sequence[str]
) -> StoredIndex:
    """Encode texts as documents and add them to an index.

    Raises
    ------
    UsageError
        Texts and ids do not fit.
    NotFound
        The index was deleted.
    ModelReplaced
        Its texts were encoded by an earlier model of this name.
    """
    check_ids(ids, texts)
    if not texts:
        return index
    vectors = await _encode_documents(served, index, texts)
    return await run_in_threadpool(served.indexes.add, index.id, ids, texts, vectors)


async def search_vectors(
    served: Services, index: StoredIndex, queries: Sequence[str]
) -> NDArray[np.float32]:
    """Return the vectors of queries by the model that has encoded the texts of an index.

    Raises
    ------
    ModelReplaced
        The model has been replaced by another one since.
    """
    found = await served.inference.encode(index.model_id, queries, prompt="query")
    served.indexes.require_model(index, found.digest)
    return found.vectors


async def _encode_documents(
    served: Services, index: StoredIndex, texts: Sequence[str]
) -> NDArray[np.float32]:
    """Return the vectors of any number of documents; it waits where the server is busy."""
    starts = range(0, len(texts), _TEXTS)
    parts = [await _encode(served, index, texts[start : start + _TEXTS]) for start in starts]
    for digest in {part.digest for part in parts}:
        await run_in_threadpool(served.indexes.note_model, index, digest)
    return np.concatenate([part.vectors for part in parts])


async def _encode(served: Services, index: StoredIndex, texts: Sequence[str]) -> Encoded:
    while True:
        try:
            return await served.inference.encode(index.model_id, texts, prompt="document")
        except Overloaded as error:
            await asyncio.sleep(error.retry_after)
