"""One index in memory, brought up to date with the parts that any process has added."""

from collections.abc import Mapping
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from tunesmith.server.faults import NotFound
from tunesmith.server.ids import new_id
from tunesmith.server.indexes.content import Content, has_graph
from tunesmith.server.indexes.part import Part
from tunesmith.server.metadata.tables import index_parts, indexes
from tunesmith.server.storage import Files

MAX_PARTS = 32
_TRIES = 5


class OpenedIndex:
    """The content of one index, and the parts that it consists of.

    Parameters
    ----------
    engine
        The database of metadata.
    files
        The storage of files.
    ident
        The id of the index.
    """

    def __init__(self, engine: Engine, files: Files, ident: str) -> None:
        self._engine, self._files, self._ident = engine, files, ident
        self._lock = Lock()
        self._content = Content.empty()
        self._parts: dict[int, str] = {}
        self._graph_stored = False

    def append(self, part: Part) -> None:
        """Store a part; it is complete and valid when this returns.

        Raises
        ------
        NotFound
            The index was deleted.
        """
        key = new_id("part")
        with self._files.new(self._key(key)) as folder:
            part.write(folder)
        with self._engine.begin() as connection:
            self._lock_row(connection)
            newest = sa.select(sa.func.max(index_parts.c.number)).where(self._own)
            number = int(connection.execute(newest).scalar() or 0) + 1
            connection.execute(index_parts.insert().values(**self._row(number, key)))

    def content(self) -> Content:
        """Return the content with all parts that are valid now."""
        with self._lock:
            for _ in range(_TRIES - 1):
                try:
                    return self._refresh()
                except FileNotFoundError:  # another process merged the parts in the meantime
                    self._reset()
            return self._refresh()

    def merge_if_many(self) -> None:
        """Merge the parts into one if they are many, or if a graph is not stored yet."""
        with self._lock:
            needed = self._content.graph is not None and not self._graph_stored
            if needed or len(self._parts) > MAX_PARTS:
                self._merge()

    def _refresh(self) -> Content:
        stored = self._stored_parts()
        if not self._parts.items() <= stored.items():
            self._reset()
        new = {number: stored[number] for number in stored if number not in self._parts}
        for number, key in new.items():
            folder = self._files.local(self._key(key))
            if self._parts:
                self._content = self._content.apply(Part.read(folder))
            else:
                self._content = Content.read(folder)
                self._graph_stored = has_graph(folder)
            self._parts[number] = key
        if new:
            self._count()
        return self._content

    def _merge(self) -> None:
        """Write the content as one part in place of those that it consists of."""
        if not self._parts:
            return
        key, former = new_id("part"), self._parts
        with self._files.new(self._key(key)) as folder:
            self._content.write(folder)
        if self._replace(former, key):
            self._parts, self._graph_stored = {max(former): key}, self._content.graph is not None
        else:  # another process was faster
            former = {0: key}
        for each in former.values():
            self._files.delete(self._key(each))

    def _replace(self, former: Mapping[int, str], key: str) -> bool:
        """Make one part valid in place of former ones; return False if they are not all there."""
        merged = sa.and_(self._own, index_parts.c.key.in_(former.values()))
        with self._engine.begin() as connection:
            self._lock_row(connection)
            found = connection.execute(sa.select(sa.func.count()).where(merged)).scalar()
            if found != len(former):
                return False
            connection.execute(index_parts.delete().where(merged))
            connection.execute(index_parts.insert().values(**self._row(max(former), key)))
        return True

    def _count(self) -> None:
        """Store the number of texts, unless a later one is stored."""
        number = max(self._parts)
        newer = sa.and_(indexes.c.id == self._ident, indexes.c.counted < number)
        values = {"texts": len(self._content), "counted": number}
        with self._engine.begin() as connection:
            connection.execute(indexes.update().where(newer).values(**values))

    def _stored_parts(self) -> dict[int, str]:
        query = sa.select(index_parts.c.number, index_parts.c.key).where(self._own)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(index_parts.c.number)).all()
        return {row.number: row.key for row in rows}

    def _lock_row(self, connection: sa.Connection) -> None:
        """Lock the index by an update that changes nothing, so that numbers are given once."""
        there = sa.and_(indexes.c.id == self._ident, indexes.c.deleted_at.is_(None))
        lock = indexes.update().where(there).values(texts=indexes.c.texts)
        if not connection.execute(lock).rowcount:
            raise NotFound(f"index {self._ident} was deleted")

    def _reset(self) -> None:
        self._content, self._parts, self._graph_stored = Content.empty(), {}, False

    def _row(self, number: int, key: str) -> dict[str, str | int]:
        return {"index_id": self._ident, "number": number, "key": key}

    @property
    def _own(self) -> sa.ColumnElement[bool]:
        return index_parts.c.index_id == self._ident

    def _key(self, part: str) -> str:
        return f"indexes/{self._ident}/{part}"
