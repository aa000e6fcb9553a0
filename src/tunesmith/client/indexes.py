"""Search indexes: create, add, remove, search, delete."""

import uuid
from collections.abc import Sequence
from typing import Any

from tunesmith.client.datasets import Datasets
from tunesmith.client.resources import Match, RemoteDataset, RemoteIndex, RemoteModel, resource
from tunesmith.client.verbs import name_of, part, part_of
from tunesmith.encoders.inputs import as_texts

_IDS = 100


class Indexes(Datasets):
    """Verbs for search indexes."""

    def create_index(
        self,
        name: str,
        model: str | RemoteModel,
        *,
        texts: Any = (),
        ids: Sequence[str] | None = None,
        dataset: str | RemoteDataset | None = None,
    ) -> RemoteIndex:
        """Create a search index; it can be searched when this returns.

        Parameters
        ----------
        name
            A name that no other index has.
        model
            The model that encodes texts and queries; an alias is replaced by its model.
        texts, ids
            Texts, and an id for each; without ids, they get random ones.
        dataset
            In place of texts: a data set, whose documents or texts are taken.

        Raises
        ------
        UsageError
            Another index has this name, or texts and ids do not fit.
        """
        values = {"name": name, "model": name_of(model), "texts": as_texts(texts)}
        values |= {} if ids is None else {"ids": list(ids)}
        values |= {} if dataset is None else {"dataset": name_of(dataset)}
        return resource(RemoteIndex, self._connection.post("/indexes", values, repeat=False))

    def indexes(self, *, limit: int | None = None, offset: int = 0) -> list[RemoteIndex]:
        """Return indexes, newest first: all, or ``limit`` after ``offset``."""
        found = self._connection.get("/indexes", **part_of(limit, offset))
        return [resource(RemoteIndex, each) for each in found]

    def index(self, index: str | RemoteIndex) -> RemoteIndex:
        """Return a search index by its id or name."""
        return resource(RemoteIndex, self._connection.get(f"/indexes/{part(index)}"))

    def add_texts(
        self, index: str | RemoteIndex, texts: Any, ids: Sequence[str] | None = None
    ) -> RemoteIndex:
        """Add texts to a search index; a text whose id is there replaces the earlier one.

        Parameters
        ----------
        index
            The index, its id or its name.
        texts, ids
            Texts, and an id for each; without ids, they get random ones.
        """
        given = as_texts(texts)
        # With ids from here, a request that is repeated adds nothing twice.
        chosen = [uuid.uuid4().hex for _ in given] if ids is None else list(ids)
        values = {"texts": given, "ids": chosen}
        return resource(RemoteIndex, self._connection.post(f"/indexes/{part(index)}/add", values))

    def remove_texts(self, index: str | RemoteIndex, ids: Sequence[str]) -> int:
        """Remove texts by id; return how many there were."""
        removed = 0
        for start in range(0, len(ids), _IDS):
            some = list(ids[start : start + _IDS])
            path = f"/indexes/{part(index)}/texts"
            answer = self._connection.send("DELETE", path, lambda: {"params": {"ids": some}})  # noqa: B023 - called at once
            removed += int(answer.json()["removed"])
        return removed

    def delete_index(self, index: str | RemoteIndex) -> None:
        """Delete a search index with its texts."""
        self._connection.send("DELETE", f"/indexes/{part(index)}")

    def _search_index(
        self, index: str | RemoteIndex, queries: Sequence[str], k: int
    ) -> list[list[Match]]:
        values = {"queries": queries, "k": k}
        found = self._connection.post(f"/indexes/{part(index)}/search", values)
        return [[resource(Match, each) for each in hits] for hits in found]
