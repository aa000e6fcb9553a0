"""Digests of the texts that a model was fitted on, so that an evaluation can leave them out."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from tunesmith.data.splits.near_duplicates import normalise
from tunesmith.kinds import Examples, Retrieval

FILE = "seen.safetensors"
_BYTES = 8


@dataclass(frozen=True, eq=False)
class SeenTexts:
    """Digests of texts in a fit: 64 bits of each normalised text, sorted; no text can be read back.

    Parameters
    ----------
    trained
        Texts of training and validation, uint64, shape (n,).
    tested
        Texts of the held-out test set, uint64, shape (m,).
    """

    trained: NDArray[np.uint64]
    tested: NDArray[np.uint64]

    @classmethod
    def of(cls, trained: Iterable[str], tested: Iterable[str]) -> "SeenTexts":
        """Return the digests of the texts of a fit.

        Examples
        --------
        >>> seen = SeenTexts.of(["My card!"], ["late order"])
        >>> seen.was_trained(["my card", "late order"])
        array([ True, False])
        """
        return cls(np.unique(_digests(list(trained))), np.unique(_digests(list(tested))))

    def join(self, other: "SeenTexts") -> "SeenTexts":
        """Return the texts seen by either."""
        return SeenTexts(
            np.union1d(self.trained, other.trained), np.union1d(self.tested, other.tested)
        )

    def was_trained(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Return which texts were trained on or validated with, shape (n,)."""
        return np.isin(_digests(texts), self.trained)

    def was_tested(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Return which texts were in the held-out test set, shape (n,)."""
        return np.isin(_digests(texts), self.tested)

    def rows(self, examples: Examples) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which rows were trained on, and which others were tested on, shape (n,) each.

        A row was if all of its texts were; of retrieval data, its query.
        """
        texts = _texts_by_role(examples)
        trained = np.logical_and.reduce([self.was_trained(part) for part in texts])
        tested = np.logical_and.reduce([self.was_tested(part) for part in texts])
        return trained, tested & ~trained


def write_seen(folder: Path, seen: SeenTexts) -> None:
    """Write the digests to a model's folder; they are not published."""
    save_file({"trained": seen.trained, "tested": seen.tested}, str(folder / FILE))


def read_seen(folder: Path) -> SeenTexts | None:
    """Return the digests in a model's folder, or None if it has none."""
    if not (folder / FILE).is_file():
        return None
    stored = load_file(str(folder / FILE))
    return SeenTexts(stored["trained"], stored["tested"])


def _texts_by_role(examples: Examples) -> list[list[str]]:
    """Return the texts of each row, by role; of retrieval data the queries."""
    if isinstance(examples, Retrieval):
        queries = examples.queries
        texts = dict(zip(queries["id"].to_pylist(), queries["text"].to_pylist(), strict=True))
        return [[texts[query] for query in examples.table["query"].to_pylist()]]
    return [examples.texts(role) for role in examples.text_roles]


def _digests(texts: Sequence[str]) -> NDArray[np.uint64]:
    digests = (
        hashlib.blake2b(normalise(text).encode(), digest_size=_BYTES).digest() for text in texts
    )
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)
