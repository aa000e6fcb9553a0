"""Vectors of a long stream of texts, part by part, so that a stopped run can go on."""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.folders import writing_to

PLAN = "plan.json"


@dataclass(frozen=True, eq=False)
class Part:
    """Some texts and their vectors, shape (n, d)."""

    texts: list[str]
    vectors: NDArray[Any]


class Parts:
    """The parts of a long run that are finished, in a hidden folder beside its output.

    Each part is written aside and renamed, so that a part is there whole or not at all. Parts of
    another plan (another input, model or form) are removed.

    Parameters
    ----------
    out
        The file that the run will write.
    plan
        All that decides the vectors, as JSON values.

    Raises
    ------
    OutputError
        The folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "vectors.npy"
    >>> parts = Parts(out, {"model": "a"})
    >>> parts.write(0, np.ones((2, 3)))
    >>> Parts(out, {"model": "a"}).read(0, rows=2).shape
    (2, 3)
    >>> Parts(out, {"model": "b"}).read(0, rows=2) is None
    True
    """

    def __init__(self, out: Path, plan: Mapping[str, Any]) -> None:
        self.folder = out.with_name(f".{out.name}.parts")
        text = json.dumps(plan, sort_keys=True)
        path = self.folder / PLAN
        if path.is_file() and path.read_text("utf-8") == text:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        with writing_to(out):
            self.folder.mkdir()
            path.write_text(text, encoding="utf-8")

    def read(self, number: int, *, rows: int) -> NDArray[Any] | None:
        """Return the vectors of a part, or None where it is not finished."""
        path = self._path(number)
        if not path.is_file():
            return None
        vectors: NDArray[Any] = np.load(path, allow_pickle=False)
        return vectors if len(vectors) == rows else None

    def write(self, number: int, vectors: NDArray[Any]) -> None:
        """Keep the vectors of a part."""
        path = self._path(number)
        aside = path.with_suffix(".aside")
        with writing_to(path):
            with aside.open("wb") as file:
                np.save(file, vectors, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)

    def remove(self) -> None:
        """Remove all parts: the output is written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def remove_if_empty(self) -> None:
        """Leave nothing behind where no part was finished."""
        if not any(self.folder.glob("*.npy")):
            self.remove()

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08}.npy"


def in_parts(
    batches: Iterable[list[str]],
    encode: Callable[[list[str]], NDArray[Any]],
    parts: Parts,
    advance: Callable[[int], None],
) -> Iterator[Part]:
    """Yield each batch with its vectors, and encode only those that are not finished.

    Parameters
    ----------
    batches
        The texts, cut in the same places each time.
    encode
        From texts to vectors.
    parts
        Where finished parts are kept.
    advance
        Called with the number of rows that were taken from finished parts.
    """
    for number, texts in enumerate(batches):
        vectors = parts.read(number, rows=len(texts))
        if vectors is None:
            vectors = encode(texts)
            parts.write(number, vectors)
        else:
            advance(len(texts))
        yield Part(texts, vectors)
