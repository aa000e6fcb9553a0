"""The texts of a data set with the labels in force: those of the file, and the acts over them."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

from tunesmith.errors import UsageError
from tunesmith.kinds import Kind
from tunesmith.server.labelling.label_acts import ActKind, LabelAct
from tunesmith.server.stores import Stores

LABELLED_KINDS: Final = (Kind.LABELLED, Kind.TEXTS)
"""The kinds of data whose texts can get labels."""
NONE: Final = -1
"""The code of a text without a label."""

_OPEN_FILES = 2
_ROWS = 5_000  # written at a time
COLUMNS: Final = ("row", "text", "label", "state")
"""The columns of an export."""


@dataclass(frozen=True, eq=False)
class FileTexts:
    """The n texts of a data set's file with their labels.

    Parameters
    ----------
    texts
        The texts.
    rows
        Row number in the file of each text, from 1, int64, shape (n,).
    codes
        The label of each text, an index of ``names``, int32, shape (n,); -1 without one.
    names
        The labels, the most frequent first.
    """

    texts: Sequence[str]
    rows: NDArray[np.int64]
    codes: NDArray[np.int32]
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """The n texts of a data set with the labels in force.

    Parameters
    ----------
    file
        The texts as they are in the file.
    codes
        The label of each text, an index of ``names``, int32, shape (n,); -1 without one.
    names
        The labels: those of the file, then new ones in the order of their first use.
    unsure
        Which texts a person was unsure of, bool, shape (n,); they have no label.
    reviewed
        Which texts a person has labelled, confirmed or marked, bool, shape (n,).
    revision
        Grows with each act, undo and redo.
    """

    file: FileTexts
    codes: NDArray[np.int32]
    names: tuple[str, ...]
    unsure: NDArray[np.bool_]
    reviewed: NDArray[np.bool_]
    revision: int

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.codes)

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Which texts have another label than in the file, shape (n,)."""
        return np.asarray(self.codes != self.file.codes)

    @property
    def new_labels(self) -> int:
        """The number of texts with a label that the file does not give them."""
        return int((self.changed & (self.codes != NONE)).sum())

    @property
    def counts(self) -> NDArray[np.int64]:
        """The number of texts of each label, shape (labels,)."""
        found = np.bincount(self.codes[self.codes != NONE], minlength=len(self.names))
        return np.asarray(found, dtype=np.int64)

    def labels(self) -> list[str | None]:
        """Return the label of each text; None without one."""
        return [None if code == NONE else self.names[code] for code in self.codes.tolist()]

    def relabelling(self) -> dict[int, str | None]:
        """Return the labels that differ from the file's, by row number."""
        labels = self.labels()
        return {int(self.file.rows[place]): labels[place] for place in np.flatnonzero(self.changed)}

    def state(self, place: int) -> str:
        """Return the state of a text.

        One of ``unsure``, ``unlabelled``, ``new``, ``changed``, ``confirmed`` and ``file``.
        """
        before, now = self.file.codes[place], self.codes[place]
        if self.unsure[place]:
            return "unsure"
        if now == NONE:
            return "unlabelled"
        if now == before:
            return "confirmed" if self.reviewed[place] else "file"
        return "new" if before == NONE else "changed"


def labelled_texts(stores: Stores, dataset: str) -> LabelledTexts:
    """Return the texts of a data set with the labels in force.

    Raises
    ------
    NotFound
        There is no such data set.
    UsageError
        Its kind has no labels of single texts.
    DataError
        Its file cannot be read.
    """
    stores.datasets.readable(dataset)
    return _in_force(stores, dataset, stores.label_acts.revision(dataset))


@lru_cache(maxsize=_OPEN_FILES)
def file_texts(stores: Stores, dataset: str) -> FileTexts:
    """Return the texts of a data set's file; a file never changes once it has an id."""
    data = stores.datasets.opened(dataset)
    if data.kind not in LABELLED_KINDS:
        raise UsageError(
            f"{data.name} has no single labels to give: it is {data.kind} data",
            hint="label texts, or texts with one label each",
        )
    texts, rows = data.examples.texts(), data.examples.rows
    labels = data.examples.table["label"].to_pylist() if data.kind is Kind.LABELLED else []
    counts = Counter(label for label in labels if label is not None)
    names = tuple(sorted(counts, key=lambda name: (-counts[name], name)))
    numbers: dict[str | None, int] = {name: number for number, name in enumerate(names)}
    codes = [numbers.get(label, NONE) for label in labels] or [NONE] * len(texts)
    return FileTexts(texts, rows, np.array(codes, dtype=np.int32), names)


@lru_cache(maxsize=2 * _OPEN_FILES)
def _in_force(stores: Stores, dataset: str, revision: int) -> LabelledTexts:
    file = file_texts(stores, dataset)
    acts = [act for act in stores.label_acts.all(dataset) if not act.undone]
    names = list(file.names)
    names += dict.fromkeys(act.label for act in acts if act.label and act.label not in names)
    numbers = {name: number for number, name in enumerate(names)}
    codes = file.codes.copy()
    unsure, reviewed = np.zeros((2, len(codes)), dtype=np.bool_)
    for act in acts:
        places = _places(file, act)
        codes[places] = NONE if act.label is None else numbers[act.label]
        unsure[places] = act.kind is ActKind.UNSURE
        reviewed[places] = True
    return LabelledTexts(file, codes, tuple(names), unsure, reviewed, revision)


def _places(file: FileTexts, act: LabelAct) -> NDArray[np.int64]:
    rows = np.asarray(act.rows, dtype=np.int64)
    places = np.searchsorted(file.rows, rows)
    known = places < len(file.rows)
    places, rows = places[known], rows[known]
    return np.asarray(places[file.rows[places] == rows], dtype=np.int64)


def check_rows(texts: LabelledTexts, rows: Sequence[int]) -> None:
    """Refuse row numbers that the file does not have.

    Raises
    ------
    UsageError
        The file has no such row.
    """
    strange = np.setdiff1d(np.asarray(rows, dtype=np.int64), texts.file.rows)
    if len(strange):
        raise UsageError(
            f"there is no row {int(strange[0])} with a text",
            hint="rows are counted from 1, without the header",
            option="rows",
        )


def as_csv(texts: LabelledTexts) -> Iterator[bytes]:
    """Yield all texts with their labels as CSV, with a header."""
    yield _csv_lines([COLUMNS])
    for lines in _blocks(texts):
        yield _csv_lines(lines)


def as_json_lines(texts: LabelledTexts) -> Iterator[bytes]:
    """Yield all texts with their labels as JSON objects, one on each line."""
    for lines in _blocks(texts):
        objects = (dict(zip(COLUMNS, line, strict=True)) for line in lines)
        yield b"".join(orjson.dumps(each) + b"\n" for each in objects)


def _blocks(texts: LabelledTexts) -> Iterator[list[tuple[int, str, str | None, str]]]:
    rows, labels = texts.file.rows.tolist(), texts.labels()
    for start in range(0, len(texts), _ROWS):
        yield [
            (rows[place], _sound(texts.file.texts[place]), labels[place], texts.state(place))
            for place in range(start, min(start + _ROWS, len(texts)))
        ]


def _csv_lines(lines: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue().encode("utf-8", "replace")


def _sound(text: str) -> str:
    """Return a text without lone surrogates, which no file can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
