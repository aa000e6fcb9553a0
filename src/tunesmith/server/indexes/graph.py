"""Approximate nearest neighbours of many vectors, by usearch."""

from pathlib import Path
from threading import Lock

import numpy as np

# The first C++ library of a process decides whose streams all of them use. With those of usearch,
# torch.jit.trace never ends: a failed conversion of a number leaves a name as it was.
import pyarrow  # noqa: F401
from numpy.typing import NDArray
from usearch.index import Index

_FILE = "graph.usearch"
# More neighbours and wider searches than usearch's defaults: they cost a millisecond per query.
_NEIGHBOURS, _WIDTH_ADDING, _WIDTH_SEARCHING = 16, 128, 256


class Graph:
    """A graph of vectors by key, which finds most of the nearest ones without comparing all.

    Parameters
    ----------
    dimension
        Number of dimensions.

    Examples
    --------
    >>> graph = Graph(2)
    >>> graph.add(np.array([7, 8]), np.array([[1, 0], [0, 1]], np.float32))
    >>> [keys.tolist() for keys in graph.nearest(np.array([[0.9, 0.1]], np.float32), 1)]
    [[7]]
    """

    def __init__(self, dimension: int) -> None:
        self._index = Index(
            ndim=dimension,
            metric="cos",
            dtype="f16",
            connectivity=_NEIGHBOURS,
            expansion_add=_WIDTH_ADDING,
            expansion_search=_WIDTH_SEARCHING,
        )
        self._lock = Lock()  # growing moves what a search reads

    @classmethod
    def read(cls, folder: Path, dimension: int) -> "Graph":
        """Read the graph in a folder."""
        graph = cls(dimension)
        graph._index.load(str(folder / _FILE))
        return graph

    def write(self, folder: Path) -> None:
        """Write the graph into a folder."""
        self._index.save(str(folder / _FILE))

    def add(self, keys: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Add vectors of shape (n, d) under new keys of shape (n,)."""
        if len(keys):
            with self._lock:
                self._index.add(keys.astype(np.uint64), np.ascontiguousarray(vectors))

    def remove(self, keys: NDArray[np.int64]) -> None:
        """Remove the vectors of these keys."""
        if len(keys):
            with self._lock:
                self._index.remove(keys.astype(np.uint64))

    def nearest(self, queries: NDArray[np.float32], count: int) -> list[NDArray[np.int64]]:
        """Return the keys of about the nearest vectors of each query, at most ``count`` each."""
        with self._lock:
            found = [self._index.search(query, count).keys for query in queries]
        return [np.asarray(keys, dtype=np.int64) for keys in found]
