"""The nearest texts of a data set, by the base of a model and by the model.

The vectors of the texts are computed once, in a process of their own, and kept in the home.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import TunesmithError
from tunesmith.folders import replacing
from tunesmith.home import Home
from tunesmith.results.text_map import map_texts
from tunesmith.server.datasets import DatasetStore
from tunesmith.server.judging import DataFile, Failure, guarded
from tunesmith.server.made_folders import MadeFolders, Making
from tunesmith.server.maps import MapRequest
from tunesmith.vectors.similarity import search

NEAREST = 8
_NAMES = ("before.npy", "after.npy")
Vectors = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class TextVectors:
    """Vectors of the texts of a data set before and after tuning, float32, shapes (n, d)."""

    before: Vectors
    after: Vectors


@dataclass(frozen=True)
class Neighbour:
    """A text of a data set that is near a query.

    Parameters
    ----------
    row
        Its row number, from 1 without the header.
    text
        The text.
    label
        Its label, or its role in data without labels.
    similarity
        Its cosine similarity to the query.
    changed
        Whether it is near by one of the two models only.
    """

    row: int
    text: str
    label: str
    similarity: float
    changed: bool


@dataclass(frozen=True)
class Nearest:
    """The texts nearest to a query before and after tuning, the most similar first."""

    before: tuple[Neighbour, ...]
    after: tuple[Neighbour, ...]

    @property
    def new(self) -> int:
        """The number of texts that are near only after tuning."""
        return sum(each.changed for each in self.after)


@dataclass(eq=False)
class Neighbours:
    """The vectors of the texts of data sets, by models and their bases.

    Parameters
    ----------
    home
        The home, which keeps them.
    folders
        Computes them.
    """

    home: Home
    folders: MadeFolders

    def status(self, request: MapRequest) -> Making:
        """Return what there is of the vectors; those that are missing begin to be computed."""
        folder = self._folder(request)
        given = self.home, request.folder, request.data, folder
        return self.folders.status(folder, embed_texts, *given)

    def failure(self, request: MapRequest) -> TunesmithError:
        """Return why the vectors could not be computed, once; the next request tries again."""
        return self.folders.failure(self._folder(request))

    def vectors(self, request: MapRequest) -> TextVectors:
        """Return vectors that are ready."""
        return _read(self._folder(request))

    def _folder(self, request: MapRequest) -> Path:
        return self.home.vectors / request.key


def nearest(
    store: DatasetStore, ident: str, vectors: TextVectors, query: tuple[Vectors | None, Vectors]
) -> Nearest:
    """Return the texts of a data set that are nearest to a query.

    Parameters
    ----------
    store
        The data sets of the server.
    ident
        The id of the data set.
    vectors
        The vectors of its texts.
    query
        The vectors of the query before and after, shapes (d,); None before shows nothing there.
    """
    before, after = query
    found = _hits(vectors.after, after)
    first = {} if before is None else _hits(vectors.before, before)
    texts = _texts(store, ident)
    return Nearest(
        tuple(_neighbours(texts, first, other=found)),
        tuple(_neighbours(texts, found, other=first if before is not None else found)),
    )


def _hits(corpus: Vectors, query: Vectors) -> dict[int, float]:
    hits = search(query[None], corpus, min(NEAREST, len(corpus)))
    return dict(zip(hits.indices[0].tolist(), hits.scores[0].tolist(), strict=True))


def _neighbours(
    texts: tuple[list[str], NDArray[np.int64], list[str]],
    found: dict[int, float],
    other: dict[int, float],
) -> Iterable[Neighbour]:
    words, rows, labels = texts
    for index, score in found.items():
        row = int(rows[index])
        yield Neighbour(row, words[index], labels[index], score, index not in other)


@lru_cache(maxsize=2)
def _texts(store: DatasetStore, ident: str) -> tuple[list[str], NDArray[np.int64], list[str]]:
    return map_texts(store.opened(ident).examples)


@lru_cache(maxsize=2)
def _read(folder: Path) -> TextVectors:
    before, after = (np.load(folder / name, mmap_mode="r", allow_pickle=False) for name in _NAMES)
    return TextVectors(before, after)


def embed_texts(
    home: Home, model: Path | str, data: DataFile, out: Path
) -> dict[str, Any] | Failure:
    """Compute the vectors of the texts of a data set and save them; runs in the child process."""
    from tunesmith.comparison.compared_models import compared_models  # noqa: PLC0415 - takes 1 s

    def run() -> dict[str, Any]:
        texts = map_texts(data.read().examples)[0]
        compared = compared_models(str(model))
        vectors = [one.open().encode(texts) for one in compared]
        out.parent.mkdir(parents=True, exist_ok=True)
        with replacing(out) as folder:
            for name, each in zip(_NAMES, (vectors[0], vectors[-1]), strict=True):
                np.save(folder / name, np.asarray(each, dtype=np.float32))
        return {"texts": len(texts)}

    return guarded(home, run)
