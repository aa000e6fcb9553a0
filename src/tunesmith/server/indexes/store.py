"""The search indexes of a server: created, added to, searched, deleted."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Engine, RowMapping

from tunesmith.errors import UsageError
from tunesmith.server.faults import ModelReplaced, NameTaken, NotFound
from tunesmith.server.ids import is_id, new_id
from tunesmith.server.indexes.content import Content, IndexHit
from tunesmith.server.indexes.opened import OpenedIndex
from tunesmith.server.indexes.part import Part
from tunesmith.server.metadata.rows import kept_rows
from tunesmith.server.metadata.tables import index_parts, indexes
from tunesmith.server.storage import Files
from tunesmith.wording import count

MAX_TEXTS = 2_000_000
_OPENED = 8


@dataclass(frozen=True)
class StoredIndex:
    """A search index: its model, which encodes texts and queries, and the number of its texts."""

    id: str
    name: str
    model_id: str
    texts: int
    created_at: float
    created_by: str | None
    model_digest: str | None = None


class IndexStore:
    """The search indexes of a server.

    What an index holds is the sum of its parts: each request that adds or removes texts writes
    one, whose row in the database makes it valid. So requests at the same time lose nothing,
    whatever process they reach.

    Parameters
    ----------
    engine
        The database of metadata.
    files
        The storage of files.
    """

    def __init__(self, engine: Engine, files: Files) -> None:
        self._engine, self._files = engine, files
        self._opened: OrderedDict[str, OpenedIndex] = OrderedDict()
        self._lock = Lock()

    def create(self, name: str, model_id: str, created_by: str | None = None) -> StoredIndex:
        """Store a new index without texts.

        Raises
        ------
        UsageError
            The name has characters that an id cannot have.
        NameTaken
            Another index has this name.
        """
        if not is_id(name):
            raise UsageError(
                f"{name!r} cannot be the name of an index",
                hint="use at most 80 letters, digits and ._@-",
                option="name",
            )
        values = {"id": new_id("index"), "name": name, "model_id": model_id, "texts": 0}
        values |= {"counted": 0, "created_at": time.time(), "created_by": created_by}
        try:
            with self._engine.begin() as connection:
                connection.execute(indexes.insert().values(**values))
        except sa.exc.IntegrityError as error:
            raise NameTaken(
                f"there is an index {name!r}", hint="choose another name, or add to it"
            ) from error
        return self.get(str(values["id"]))

    def get(self, name: str) -> StoredIndex:
        """Return an index by its id or its name.

        Raises
        ------
        NotFound
            There is none.
        """
        named = sa.or_(indexes.c.id == name, indexes.c.name == name)
        rows = kept_rows(self._engine, indexes, named) if is_id(name) else ()
        if not rows:
            raise NotFound(f"there is no index {name!r}", hint="list them with GET /v1/indexes")
        return _stored(rows[0])

    def all(self) -> list[StoredIndex]:
        """Return all indexes, newest first."""
        return [_stored(row) for row in kept_rows(self._engine, indexes)]

    def using(self, model_id: str) -> list[str]:
        """Return the names of the indexes that use a model, sorted."""
        rows = kept_rows(self._engine, indexes, indexes.c.model_id == model_id)
        return sorted(row["name"] for row in rows)

    def require_model(self, index: StoredIndex, digest: str) -> None:
        """Refuse vectors of another model than the one that encoded the texts of an index.

        A model of the home keeps its name when it is replaced, and its vectors do not fit the
        earlier ones.

        Parameters
        ----------
        index
            The index.
        digest
            SHA-256 of the model, hexadecimal.

        Raises
        ------
        ModelReplaced
            The texts were encoded by another model.
        """
        if index.texts and index.model_digest not in {None, digest}:
            raise ModelReplaced(
                f"the texts of index {index.name} were encoded by an earlier model "
                f"{index.model_id}, which has been replaced since",
                hint="create the index again; the vectors of two models cannot be compared",
            )

    def note_model(self, index: StoredIndex, digest: str) -> None:
        """Note which model encodes the texts of an index, as for :meth:`require_model`."""
        self.require_model(index, digest)
        if index.model_digest != digest:
            own = indexes.update().where(indexes.c.id == index.id)
            with self._engine.begin() as connection:
                connection.execute(own.values(model_digest=digest))

    def add(
        self,
        name: str,
        ids: Sequence[str],
        texts: Sequence[str],
        vectors: NDArray[np.float32],
    ) -> StoredIndex:
        """Add texts with their vectors; a text whose id is there replaces the earlier one.

        Raises
        ------
        NotFound
            There is no such index.
        UsageError
            An id is given twice, or the index would have too many texts.
        """
        index = self.get(name)
        check_ids(ids, texts)
        if index.texts + len(ids) > MAX_TEXTS:
            raise UsageError(
                f"index {index.name} has {count(index.texts)} texts, and the limit is "
                f"{count(MAX_TEXTS)}",
                hint="create another index",
            )
        self._write(index, Part(tuple(ids), tuple(texts), vectors))
        return self.get(index.id)

    def remove(self, name: str, ids: Sequence[str]) -> int:
        """Remove texts by id; return how many there were.

        Raises
        ------
        NotFound
            There is no such index.
        """
        index = self.get(name)
        there = self._content(index).known.intersection(ids)
        if there:
            self._write(index, Part.removing(tuple(there)))
        return len(there)

    def search(self, name: str, queries: NDArray[np.float32], k: int) -> list[list[IndexHit]]:
        """Return the k texts most similar to each query vector, best first.

        Raises
        ------
        NotFound
            There is no such index.
        """
        return self._content(self.get(name)).search(queries, k)

    def delete(self, name: str) -> StoredIndex:
        """Delete an index with its texts; return what it was.

        Raises
        ------
        NotFound
            There is no such index.
        """
        index = self.get(name)
        gone = indexes.update().where(indexes.c.id == index.id)
        parts = index_parts.delete().where(index_parts.c.index_id == index.id)
        with self._engine.begin() as connection:
            connection.execute(gone.values(deleted_at=time.time()))
            connection.execute(parts)
        with self._lock:
            self._opened.pop(index.id, None)
        self._files.delete(f"indexes/{index.id}")
        return index

    def sweep(self) -> int:
        """Delete the parts that no row names: a crash came between; return their number."""
        found = self._files.old_keys("indexes/*/part-*")
        query = sa.select(index_parts.c.index_id, index_parts.c.key)
        with self._engine.connect() as connection:
            named = {f"indexes/{row.index_id}/{row.key}" for row in connection.execute(query)}
        unnamed = [key for key in found if key not in named]
        for key in unnamed:
            self._files.delete(key)
        return len(unnamed)

    def _write(self, index: StoredIndex, part: Part) -> None:
        """Store a part, then bring the content in memory and the number of texts up to date."""
        opened = self._open(index)
        opened.append(part)
        opened.content()
        opened.merge_if_many()

    def _content(self, index: StoredIndex) -> Content:
        return self._open(index).content()

    def _open(self, index: StoredIndex) -> OpenedIndex:
        """Return an index in memory; the least recently used ones are dropped."""
        with self._lock:
            if index.id not in self._opened:
                self._opened[index.id] = OpenedIndex(self._engine, self._files, index.id)
            self._opened.move_to_end(index.id)
            while len(self._opened) > _OPENED:
                self._opened.popitem(last=False)
            return self._opened[index.id]


def check_ids(ids: Sequence[str], texts: Sequence[str]) -> None:
    """Refuse ids that do not fit the texts; texts may be encoded after it.

    Raises
    ------
    UsageError
        There are more or fewer ids than texts, or an id is given twice.
    """
    if len(ids) != len(texts):
        raise UsageError(
            f"there are {count(len(ids))} ids for {count(len(texts))} texts",
            hint="give one for each text, or none",
            option="ids",
        )
    if len(set(ids)) < len(ids):
        raise UsageError("an id is given twice", hint="give different ids", option="ids")


def _stored(row: RowMapping) -> StoredIndex:
    return StoredIndex(**{name: row[name] for name in StoredIndex.__dataclass_fields__})
