"""What was taken for what: the confusion matrix as a table, a heat grid and a list of pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.results.evidence import Evidence
from tunesmith.wording import clean

MOST_IN_TABLE = 15
MOST_NAMED_COLUMNS = 4
MOST_PAIRS = 12
MOST_IN_GRID = 400


@dataclass(frozen=True)
class Cell:
    """A count: ``shade`` is its share of the row (0 to 1), ``right`` marks the diagonal."""

    row: int
    column: int
    count: int
    shade: float
    right: bool


@dataclass(frozen=True)
class Matrix:
    """One confusion matrix; ``filled`` holds the cells above zero, row by row."""

    title: str
    size: int
    filled: tuple[Cell, ...]

    @property
    def rows(self) -> list[list[Cell]]:
        """Every cell, also the empty ones."""
        known = {(cell.row, cell.column): cell for cell in self.filled}
        numbers = range(self.size)
        return [
            [
                known.get((row, column), Cell(row, column, 0, 0.0, row == column))
                for column in numbers
            ]
            for row in numbers
        ]

    @property
    def errors(self) -> int:
        """How many texts were given a wrong label."""
        return sum(cell.count for cell in self.filled if not cell.right)


@dataclass(frozen=True)
class ConfusedPair:
    """Texts of one class taken for another, before and after."""

    label: str
    predicted: str
    base: int
    tuned: int


@dataclass(frozen=True)
class ConfusionView:
    """All that the section on confusions shows."""

    labels: tuple[str, ...]
    matrices: tuple[Matrix, Matrix]
    pairs: tuple[ConfusedPair, ...]
    total: int

    @property
    def as_table(self) -> bool:
        """Few enough classes for a table with numbers in it."""
        return len(self.labels) <= MOST_IN_TABLE

    @property
    def as_grid(self) -> bool:
        """Too many for a table, but still few enough to draw."""
        return MOST_IN_TABLE < len(self.labels) <= MOST_IN_GRID

    @property
    def named_columns(self) -> bool:
        """So few that each column can carry its class's name."""
        return len(self.labels) <= MOST_NAMED_COLUMNS


def confusion_view(evidence: Evidence) -> ConfusionView | None:
    """Lay out the confusions, or None where the data has no single label a text."""
    shape = (len(evidence.labels), len(evidence.labels))
    base, tuned = evidence.confusion_base, evidence.confusion_tuned
    if not evidence.labels or base.shape != shape or tuned.shape != shape or not base.any():
        return None
    labels = tuple(clean(label) for label in evidence.labels)
    matrices = (_matrix("Before", base), _matrix("After", tuned))
    return ConfusionView(labels, matrices, _pairs(labels, base, tuned), int(base.sum()))


def _matrix(title: str, counts: NDArray[np.int64]) -> Matrix:
    totals = counts.sum(axis=1)
    filled = tuple(
        Cell(row, column, value, round(value / int(totals[row]), 3), row == column)
        for row, column in np.argwhere(counts > 0).tolist()
        if (value := int(counts[row, column]))
    )
    return Matrix(title, len(counts), filled)


def _pairs(
    labels: Sequence[str], base: NDArray[np.int64], tuned: NDArray[np.int64]
) -> tuple[ConfusedPair, ...]:
    """Return the pairs confused most often, before and after taken together."""
    together = base + tuned
    np.fill_diagonal(together, 0)
    most = np.argsort(-together, axis=None, kind="stable")[:MOST_PAIRS]
    places = (divmod(int(flat), len(labels)) for flat in most if together.flat[flat])
    return tuple(
        ConfusedPair(labels[row], labels[column], int(base[row, column]), int(tuned[row, column]))
        for row, column in places
    )
