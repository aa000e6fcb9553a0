"""The texts of a data set on two maps, before and after tuning, and their file."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.folders import replacing
from tunesmith.kinds import Examples, Kind, Multilabel, Retrieval

LANDMARKS = 3_000
"""Number of texts that a map lays out; the others are placed among them."""
FINER = 20_000
"""The same of a finer map, which takes several times as long."""
LABELLED = (Kind.LABELLED, Kind.MULTILABEL)
_ARRAYS = "map.npz"


@dataclass(frozen=True, eq=False)
class TextMap:
    """Texts on two maps, before and after tuning; a text is in the same place on both.

    Parameters
    ----------
    titles
        Names of the two models.
    before, after
        Coordinates, float32, shape (n, 2); both maps have one scale.
    moved
        Share of each text's 15 nearest landmarks that tuning exchanged, float32, shape (n,).
    rows
        The row in the file of each text, from 1, int64, shape (n,).
    names
        Names of the labels, the most frequent first; without labels, of the roles.
    labels
        The label of each text, an index of ``names``, uint16, shape (n,).
    strangers
        Whether most of the nearest landmarks of a text have another label, before and after,
        bool, shape (2, n); nowhere without labels.
    predicted
        The label that the model's classifier gives to each text, an index of ``names``, uint16,
        shape (n,); None for a model without a classifier, and for data without one label a text.
    """

    titles: tuple[str, str]
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    moved: NDArray[np.float32]
    rows: NDArray[np.int64]
    names: tuple[str, ...]
    labels: NDArray[np.uint16]
    strangers: NDArray[np.bool_]
    predicted: NDArray[np.uint16] | None = None

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.rows)

    def save(self, folder: Path) -> None:
        """Write the map to a new folder; of the texts it holds only the names of their labels."""
        words = np.array(json.dumps([self.titles, self.names]))
        names = ("before", "after", "moved", "rows", "labels", "strangers", "predicted")
        arrays: dict[str, Any] = {name: getattr(self, name) for name in names}
        held = {name: array for name, array in arrays.items() if array is not None}
        with replacing(folder) as temporary:
            np.savez(temporary / _ARRAYS, words=words, allow_pickle=False, **held)


def read_map(folder: Path) -> TextMap:
    """Return a map that was saved.

    Raises
    ------
    FileNotFoundError
        There is none.

    Examples
    --------
    >>> import tunesmith
    >>> from tunesmith.comparison.draw_map import draw_map
    >>> made = draw_map("tickets-3f2a1c", tunesmith.read("examples/tickets.csv"))
    >>> made.save(Path("map"))
    >>> len(read_map(Path("map")))
    647
    """
    with np.load(folder / _ARRAYS, allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    titles, names = json.loads(str(arrays.pop("words")))
    return TextMap(titles=(titles[0], titles[1]), names=tuple(names), **arrays)


def map_texts(examples: Examples) -> tuple[list[str], NDArray[np.int64], list[str]]:
    """Return the texts of a map in its order, the row of each, and its label or role.

    Without labels, each distinct text is drawn once.
    """
    if examples.kind in LABELLED:
        return examples.texts(), examples.rows, _labels(examples)
    found: dict[str, tuple[int, str]] = {}
    for role in ("query", "document") if isinstance(examples, Retrieval) else examples.text_roles:
        for place, text in enumerate(examples.texts(role)):
            row = place + 1 if isinstance(examples, Retrieval) else int(examples.rows[place])
            found.setdefault(text, (row, role))
    rows = np.array([row for row, _ in found.values()], dtype=np.int64)
    return list(found), rows, [role for _, role in found.values()]


def _labels(examples: Examples) -> list[str]:
    """Return the label of each text, several joined."""
    if not isinstance(examples, Multilabel):
        return [str(label) for label in examples.table["label"].to_pylist()]
    return [
        ", ".join(name for name, value in row or () if value) or "no label"
        for row in examples.table["labels"].to_pylist()
    ]
