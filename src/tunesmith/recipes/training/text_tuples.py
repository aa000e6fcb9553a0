"""Training rows as indices of distinct texts, with their scores or classes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tunesmith.errors import DataError
from tunesmith.kinds import Examples, Kind
from tunesmith.recipes.training.batches import shuffled_batches

_WAITING = 64  # open batches that wait for rows: more would cost time for little gain
RELATIONS = ("contradiction", "entailment", "neutral")


@dataclass(frozen=True, eq=False)
class TextTuples:
    """Rows of two or more texts.

    Parameters
    ----------
    texts
        Distinct texts.
    first, second
        Indices of each row's two texts, shape (n,).
    negatives
        Indices of each row's negatives; empty if the kind has none.
    values
        Target of each row: a score (float32) or a class (int64), shape (n,); None if the kind has
        no targets.
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
            A value is missing, or a score is not between 0 and 1; the message names the row.
        """
        index_of: dict[str, int] = {}

        def indices(texts: list[str]) -> NDArray[np.int64]:
            values = [index_of.setdefault(text, len(index_of)) for text in texts]
            return np.array(values, dtype=np.int64)

        first, second = (indices(_texts(examples, role)) for role in examples.text_roles)
        negatives = tuple(map(indices, _negatives(examples)))
        return cls(list(index_of), first, second, negatives, _values(examples))

    @classmethod
    def to_train(cls, examples: Examples) -> "TextTuples":
        """Return the rows of examples like :meth:`of`, and require at least two.

        Raises
        ------
        DataError
            As for :meth:`of`, or there are too few rows.
        """
        tuples = cls.of(examples)
        if len(tuples) < 2:
            raise DataError(f"{len(tuples)} rows are too few to train on", hint="give at least 2")
        return tuples

    def __len__(self) -> int:
        return len(self.first)

    def numbers(self) -> list[NDArray[Any]]:
        """Return everything except the texts, for the fingerprint of a run."""
        counts = np.array([len(row) for row in self.negatives], dtype=np.int64)
        values = [] if self.values is None else [self.values]
        return [self.first, self.second, counts, *self.negatives, *values]

    def columns(self, rows: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
        """Return the texts of rows, shape (columns, rows); one of several negatives is drawn."""
        columns = [self.first[rows], self.second[rows]]
        if self.negatives:
            columns.append(
                np.array([generator.choice(self.negatives[row]) for row in rows], dtype=np.int64)
            )
        return np.stack(columns)

    def targets(self, rows: NDArray[np.int64]) -> Tensor:
        """Return the targets of rows; zeros if there are none."""
        values = np.zeros(len(self), dtype=np.int64) if self.values is None else self.values
        return torch.from_numpy(values[rows])

    def batches(
        self, size: int, generator: np.random.Generator, *, distinct: bool
    ) -> list[NDArray[np.int64]]:
        """Return one epoch of shuffled rows in batches of 2 to ``size`` rows.

        Parameters
        ----------
        size
            Rows per batch; one more if a single row would remain.
        generator
            Random generator for shuffling.
        distinct
            Whether the rows of a batch must not share a text in the first two columns. A row
            without a partner is left out of the epoch.
        """
        if not distinct:
            return shuffled_batches(len(self), size, generator)
        order = generator.permutation(len(self))
        return [np.array(rows, dtype=np.int64) for rows in self._distinct(order, size)]

    def _distinct(self, order: NDArray[np.int64], size: int) -> list[list[int]]:
        """Put each row into the first open batch that contains none of its texts."""
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
            raise DataError(
                f"row {row} has no {role}", hint="complete the row or remove it", row=row
            )
    return [str(text) for text in texts]


def _negatives(examples: Examples) -> list[list[str]]:
    if examples.kind is not Kind.TRIPLETS:
        return []
    lists: list[list[str | None] | None] = examples.table["negatives"].to_pylist()
    for row, texts in zip(examples.rows, lists, strict=True):
        if not texts or None in texts:
            raise DataError(
                f"row {row} has no negative", hint="complete the row or remove it", row=row
            )
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
                "0 to 1, so they range from -1 to 1",
                row=row,
            )
    return margins


def _scores(examples: Examples) -> NDArray[np.float32]:
    given = examples.table["score"].to_pylist()
    scores = np.array([np.nan if score is None else score for score in given], dtype=np.float32)
    for row, score in zip(examples.rows, scores, strict=True):
        if np.isnan(score):
            raise DataError(
                f"row {row} has no score", hint="complete the row or remove it", row=row
            )
        if not 0 <= score <= 1:
            raise DataError(
                f"row {row} has the score {score:g}: scores must be between 0 and 1; divide them "
                "by their maximum",
                row=row,
            )
    return scores


def _relations(examples: Examples) -> NDArray[np.int64]:
    labels = examples.table["label"].to_pylist()
    for row, label in zip(examples.rows, labels, strict=True):
        if label not in RELATIONS:
            raise DataError(
                f"row {row} has the label {label!r}", hint=f"give {', '.join(RELATIONS)}", row=row
            )
    return np.array([RELATIONS.index(label) for label in labels], dtype=np.int64)
