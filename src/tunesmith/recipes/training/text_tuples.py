"""Rows of texts with what is said of them, as training takes them: numbers of distinct texts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tunesmith.errors import DataError
from tunesmith.kinds import Examples, Kind
from tunesmith.recipes.training.batches import shuffled_batches

_WAITING = 64  # batches that wait for rows: more find little and cost time
RELATIONS = ("contradiction", "entailment", "neutral")


@dataclass(frozen=True, eq=False)
class TextTuples:
    """Rows of two texts or more.

    Parameters
    ----------
    texts
        The distinct texts.
    first, second
        The positions of each row's two texts, shape (n,).
    negatives
        For each row the positions of its negatives; empty where the kind has none.
    values
        What is said of each row: a score (float32) or a class (int64), shape (n,); None where
        nothing is.
    """

    texts: list[str]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    negatives: tuple[NDArray[np.int64], ...]
    values: NDArray[np.float32] | NDArray[np.int64] | None

    @classmethod
    def of(cls, examples: Examples) -> "TextTuples":
        """Return the rows of examples.

        Raises
        ------
        DataError
            Something is missing, or a score is not between 0 and 1; the row is named.
        """
        places: dict[str, int] = {}

        def place(texts: list[str]) -> NDArray[np.int64]:
            found = [places.setdefault(text, len(places)) for text in texts]
            return np.array(found, dtype=np.int64)

        first, second = (place(_texts(examples, role)) for role in examples.text_roles)
        negatives = tuple(map(place, _negatives(examples)))
        return cls(list(places), first, second, negatives, _values(examples))

    @classmethod
    def to_train(cls, examples: Examples) -> "TextTuples":
        """Return the rows of examples as :meth:`of`, two at least.

        Raises
        ------
        DataError
            As :meth:`of`, or there are too few.
        """
        tuples = cls.of(examples)
        if len(tuples) < 2:
            raise DataError(f"{len(tuples)} rows are too few to train on: give 2 at least")
        return tuples

    def __len__(self) -> int:
        return len(self.first)

    def numbers(self) -> list[NDArray[Any]]:
        """Return all there is beside the texts, to tell these rows from others."""
        counts = np.array([len(row) for row in self.negatives], dtype=np.int64)
        values = [] if self.values is None else [self.values]
        return [self.first, self.second, counts, *self.negatives, *values]

    def columns(self, rows: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
        """Return the texts of rows, shape (columns, rows); of several negatives one is drawn."""
        columns = [self.first[rows], self.second[rows]]
        if self.negatives:
            columns.append(
                np.array([generator.choice(self.negatives[row]) for row in rows], dtype=np.int64)
            )
        return np.stack(columns)

    def targets(self, rows: NDArray[np.int64]) -> Tensor:
        """Return what is said of rows; zeros where nothing is."""
        values = np.zeros(len(self), dtype=np.int64) if self.values is None else self.values
        return torch.from_numpy(values[rows])

    def batches(
        self, size: int, generator: np.random.Generator, *, distinct: bool
    ) -> list[NDArray[np.int64]]:
        """Return one epoch of shuffled rows in batches of at most ``size``, none of a single row.

        Parameters
        ----------
        size
            Rows in a batch; one more where a row would be left alone.
        generator
            What shuffles.
        distinct
            No two rows of a batch share a text of their first two columns. A row that finds no
            company is left out of the epoch.
        """
        if not distinct:
            return shuffled_batches(len(self), size, generator)
        order = generator.permutation(len(self))
        return [np.array(rows, dtype=np.int64) for rows in self._distinct(order, size)]

    def _distinct(self, order: NDArray[np.int64], size: int) -> list[list[int]]:
        """Put each row into the first open batch that has none of its texts."""
        waiting: list[tuple[list[int], set[int]]] = []
        done: list[list[int]] = []
        for row in order.tolist():
            own = {int(self.first[row]), int(self.second[row])}
            batch = next((each for each in waiting if not each[1] & own), None)
            if batch is None:
                batch = ([], set())
                waiting.append(batch)
            batch[0].append(row)
            batch[1].update(own)
            if len(batch[0]) == size or len(waiting) > _WAITING:
                full = batch if len(batch[0]) == size else waiting[0]
                waiting.remove(full)
                done.append(full[0])
        return [rows for rows in [*done, *(rows for rows, _ in waiting)] if len(rows) > 1]


def _texts(examples: Examples, role: str) -> list[str]:
    texts: list[str | None] = examples.table[role].to_pylist()
    for row, text in zip(examples.rows, texts, strict=True):
        if text is None:
            raise DataError(f"row {row} has no {role}: complete it or leave it out")
    return [str(text) for text in texts]


def _negatives(examples: Examples) -> list[list[str]]:
    if examples.kind is not Kind.TRIPLETS:
        return []
    lists: list[list[str | None] | None] = examples.table["negatives"].to_pylist()
    for row, texts in zip(examples.rows, lists, strict=True):
        if not texts or None in texts:
            raise DataError(f"row {row} has no negative: complete it or leave it out")
    return [[str(text) for text in texts or ()] for texts in lists]


def _values(examples: Examples) -> NDArray[np.float32] | NDArray[np.int64] | None:
    if examples.kind is Kind.SCORED_PAIRS:
        return _scores(examples)
    if "margin" in examples.table.column_names:
        return _margins(examples)
    return _relations(examples) if examples.kind is Kind.NLI else None


def _margins(examples: Examples) -> NDArray[np.float32]:
    given = examples.table["margin"].to_pylist()
    margins = np.array([np.nan if one is None else one for one in given], dtype=np.float32)
    for row, margin in zip(examples.rows, margins, strict=True):
        if not -1 <= margin <= 1:
            raise DataError(
                f"row {row} has the margin {margin:g}: margins are differences of two scores from "
                "0 to 1"
            )
    return margins


def _scores(examples: Examples) -> NDArray[np.float32]:
    given = examples.table["score"].to_pylist()
    scores = np.array([np.nan if score is None else score for score in given], dtype=np.float32)
    for row, score in zip(examples.rows, scores, strict=True):
        if np.isnan(score):
            raise DataError(f"row {row} has no score: complete it or leave it out")
        if not 0 <= score <= 1:
            raise DataError(
                f"row {row} has the score {score:g}: scores lie between 0 and 1; divide them by "
                "their highest"
            )
    return scores


def _relations(examples: Examples) -> NDArray[np.int64]:
    labels = examples.table["label"].to_pylist()
    for row, label in zip(examples.rows, labels, strict=True):
        if label not in RELATIONS:
            raise DataError(f"row {row} has the label {label!r}: give {', '.join(RELATIONS)}")
    return np.array([RELATIONS.index(label) for label in labels], dtype=np.int64)
