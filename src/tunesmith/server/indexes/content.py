"""The content of an index in memory: what its parts add up to, and its search."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunesmith.server.indexes.graph import Graph
from tunesmith.server.indexes.part import Part
from tunesmith.vectors.similarity import Hits, search

EXACT_TEXTS = 100_000
"""Largest number of texts that are searched exactly; a graph finds candidates among more."""
# The graph holds float16; exact scores decide among more candidates than are asked for.
_CANDIDATES_MORE = 50
_KEYS = "keys.npy"


@dataclass(frozen=True)
class IndexHit:
    """A text that was found: its id, its similarity to the query, and the text."""

    id: str
    score: float
    text: str


@dataclass(frozen=True, eq=False)
class Content:
    """All texts of an index at one moment, and their graph if they are too many for exact search.

    Parameters
    ----------
    ids, texts
        The texts and their ids.
    vectors
        float32, shape (n, d).
    keys
        Keys of the texts in the graph, increasing, int64, shape (n,).
    graph
        The graph; it is shared by the contents that follow each other.
    next_key
        A key that was never given.

    Examples
    --------
    >>> part = Part(("a", "b"), ("one", "two"), np.eye(2, dtype=np.float32))
    >>> content = Content.empty().apply(part).apply(Part.removing(("a",)))
    >>> content.search(np.ones((1, 2), np.float32), 5)[0][0].id
    'b'
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    vectors: NDArray[np.float32]
    keys: NDArray[np.int64]
    graph: Graph | None = None
    next_key: int = 0

    @classmethod
    def empty(cls) -> "Content":
        """Return a content without texts."""
        return cls((), (), np.empty((0, 0), np.float32), np.empty(0, np.int64))

    @classmethod
    def read(cls, folder: Path) -> "Content":
        """Read a content that was written whole.

        Raises
        ------
        FileNotFoundError
            It is not there: it was merged into another one.
        """
        part = Part.read(folder)
        if not has_graph(folder):
            return cls.empty().apply(part)
        *keys, next_key = np.load(folder / _KEYS, allow_pickle=False).tolist()
        graph = Graph.read(folder, part.vectors.shape[1])
        return cls(part.ids, part.texts, part.vectors, np.array(keys), graph, next_key)

    def write(self, folder: Path) -> None:
        """Write all texts, and the graph if there is one, into an empty folder."""
        Part(self.ids, self.texts, self.vectors).write(folder)
        if self.graph is not None:
            self.graph.write(folder)
            keys = np.append(self.keys, self.next_key)
            np.save(folder / _KEYS, keys, allow_pickle=False)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def known(self) -> frozenset[str]:
        """The ids of all texts."""
        return frozenset(self.ids)

    def apply(self, part: Part) -> "Content":
        """Return the content after a part."""
        gone = self.known.intersection((*part.ids, *part.removed))
        kept = np.array([each not in gone for each in self.ids], dtype=bool)
        keys = self.next_key + np.arange(len(part.ids), dtype=np.int64)
        if self.graph is not None:
            self.graph.remove(self.keys[~kept])
            self.graph.add(keys, part.vectors)
        left = self if kept.all() else self._only(kept)
        return Content(
            left.ids + part.ids,
            left.texts + part.texts,
            _stack(left.vectors, part.vectors),
            np.concatenate([left.keys, keys]),
            self.graph,
            self.next_key + len(keys),
        )._with_graph()

    def search(self, queries: NDArray[np.float32], k: int) -> list[list[IndexHit]]:
        """Return the k texts most similar to each query, best first."""
        if not self.ids:
            return [[] for _ in queries]
        if self.graph is None:
            found = search(queries, self.vectors, k)
            return [self._hits(found, query, None) for query in range(len(queries))]
        nearest = self.graph.nearest(queries, k + _CANDIDATES_MORE)
        pairs = zip(queries, nearest, strict=True)
        return [self._among(query, self._rows(keys), k) for query, keys in pairs]

    def _rows(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of keys; those of later contents, which share the graph, are left out."""
        rows = np.searchsorted(self.keys, np.sort(keys))
        rows = rows[rows < len(self)]
        return rows[np.isin(self.keys[rows], keys)]

    def _among(self, query: NDArray[np.float32], rows: NDArray[np.int64], k: int) -> list[IndexHit]:
        """Return the k most similar of some rows, by exact scores."""
        return self._hits(search(query, self.vectors[rows], k), 0, rows) if len(rows) else []

    def _hits(self, found: Hits, query: int, rows: NDArray[np.int64] | None) -> list[IndexHit]:
        indices = found.indices[query] if rows is None else rows[found.indices[query]]
        pairs = zip(indices.tolist(), found.scores[query].tolist(), strict=True)
        return [IndexHit(self.ids[row], score, self.texts[row]) for row, score in pairs]

    def _only(self, kept: NDArray[np.bool_]) -> "Content":
        rows = np.flatnonzero(kept).tolist()
        return Content(
            tuple(self.ids[row] for row in rows),
            tuple(self.texts[row] for row in rows),
            self.vectors[kept],
            self.keys[kept],
        )

    def _with_graph(self) -> "Content":
        """Return the content with a graph if it is the first one that is too long without."""
        if self.graph is not None or len(self) <= EXACT_TEXTS:
            return self
        graph = Graph(self.vectors.shape[1])
        graph.add(self.keys, self.vectors)
        return Content(self.ids, self.texts, self.vectors, self.keys, graph, self.next_key)


def has_graph(folder: Path) -> bool:
    """Return whether a content was written with its graph."""
    return (folder / _KEYS).is_file()


def _stack(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rows of both; an empty matrix need not have the width."""
    if not len(left) or not len(right):
        return left if len(left) else right
    return np.concatenate([left, right])
