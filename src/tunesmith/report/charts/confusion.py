"""The confusion matrix as a table, a heat map and a list of confused pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.results.evidence import Evidence
from tunesmith.wording import clean

MAX_IN_TABLE = 15
MAX_NAMED_COLUMNS = 4
MAX_PAIRS = 8
# Shares of a row up to which each tint of the table is used; the last one is the full colour.
STEPS = (0.05, 0.15, 0.3, 0.55)
MAX_IN_GRID = 400


@dataclass(frozen=True)
class Cell:
    """A count; ``shade`` is its share of the row (0 to 1), and ``right`` marks the diagonal."""

    row: int
    column: int
    count: int
    shade: float
    right: bool

    @property
    def step(self) -> int:
        """Number of the tint in the table, 1 to 5: no tint between them is readable."""
        return 1 + sum(self.shade > limit for limit in STEPS)


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix; ``filled`` holds the non-zero cells by row."""

    title: str
    size: int
    filled: tuple[Cell, ...]

    @property
    def rows(self) -> list[list[Cell]]:
        """All cells, including zeros."""
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
        """Number of misclassified texts."""
        return sum(cell.count for cell in self.filled if not cell.right)


@dataclass(frozen=True)
class ConfusedPair:
    """Number of texts of one class predicted as another, before and after."""

    label: str
    predicted: str
    base: int
    tuned: int


@dataclass(frozen=True)
class ConfusionView:
    """Data for the confusion section of the report."""

    labels: tuple[str, ...]
    matrices: tuple[Matrix, Matrix]
    pairs: tuple[ConfusedPair, ...]
    total: int

    @property
    def as_table(self) -> bool:
        """Whether there are few enough classes for a table."""
        return len(self.labels) <= MAX_IN_TABLE

    @property
    def as_grid(self) -> bool:
        """Whether there are too many classes for a table, but few enough for a heat map."""
        return MAX_IN_TABLE < len(self.labels) <= MAX_IN_GRID

    @property
    def named_columns(self) -> bool:
        """Whether the columns can show class names."""
        return len(self.labels) <= MAX_NAMED_COLUMNS


def confusion_view(evidence: Evidence, pairs: int = MAX_PAIRS) -> ConfusionView | None:
    """Return the confusion matrices and the most confused pairs, or None for multi-label data.

    Classes that have no test text and are never predicted are left out.
    """
    shape = (len(evidence.labels), len(evidence.labels))
    base, tuned = evidence.confusion_base, evidence.confusion_tuned
    if not evidence.labels or base.shape != shape or tuned.shape != shape or not base.any():
        return None
    total = base + tuned
    used = np.flatnonzero(total.any(axis=0) | total.any(axis=1))
    base, tuned = base[np.ix_(used, used)], tuned[np.ix_(used, used)]
    labels = tuple(clean(evidence.labels[label]) for label in used)
    matrices = (_matrix("Before", base), _matrix("After", tuned))
    return ConfusionView(labels, matrices, _pairs(labels, base, tuned, pairs), int(base.sum()))


def _matrix(title: str, counts: NDArray[np.int64]) -> Matrix:
    totals = counts.sum(axis=1)
    filled = tuple(
        Cell(row, column, value, round(value / int(totals[row]), 3), row == column)
        for row, column in np.argwhere(counts > 0).tolist()
        if (value := int(counts[row, column]))
    )
    return Matrix(title, len(counts), filled)


def _pairs(
    labels: Sequence[str], base: NDArray[np.int64], tuned: NDArray[np.int64], most: int
) -> tuple[ConfusedPair, ...]:
    """Return the pairs whose number changed most, then those confused most often."""
    total = base + tuned
    np.fill_diagonal(total, 0)
    change = np.where(total > 0, np.abs(tuned - base), 0)
    largest = np.lexsort((-total.ravel(), -change.ravel()))[:most]
    cells = (divmod(int(flat), len(labels)) for flat in largest if total.flat[flat])
    return tuple(
        ConfusedPair(labels[row], labels[column], int(base[row, column]), int(tuned[row, column]))
        for row, column in cells
    )
