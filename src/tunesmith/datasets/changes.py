"""Changes of a data set's rows: labels that are set or removed, rows that are dropped."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.data.column_names import DOCUMENT
from tunesmith.datasets.clean_texts import clean_columns
from tunesmith.datasets.dataset import Dataset
from tunesmith.datasets.label_cells import LabelledTable, with_labels
from tunesmith.errors import DataError, UsageError
from tunesmith.kinds import Kind
from tunesmith.wording import listing

NewLabel = str | Collection[str] | None
"""The new label of a row; all of its labels for multi-label data; None for no label."""


@dataclass(frozen=True)
class RowChanges:
    """Changes of rows, which are numbered as in the check: from 1, without the header.

    Parameters
    ----------
    relabel
        Row number to the new label; None removes the label. A row of multi-label data gets a list
        of all its labels: other labels do not apply to it. Unlabelled texts become labelled ones.
    drop
        The rows that are left out, whatever their new label.
    clean
        The rows whose texts lose HTML tags, invisible and control characters, and spaces at their
        ends.

    Examples
    --------
    >>> RowChanges(relabel={3: "refund"}, drop=frozenset({8})).is_empty
    False
    """

    relabel: Mapping[int, NewLabel] = field(default_factory=dict)
    drop: Collection[int] = frozenset()
    clean: Collection[int] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return not (self.relabel or self.drop or self.clean)


@dataclass(frozen=True, eq=False)
class ChangedRows:
    """The rows of a file after changes, and how they are read.

    Parameters
    ----------
    table
        The columns of the file.
    kind
        The kind of the data.
    columns
        The column of each role.
    relabelled, dropped, cleaned
        The number of rows that were changed in each way.

    Examples
    --------
    >>> from tunesmith import read
    >>> rows = changed_rows(read("examples/pairs.csv"), RowChanges(drop=[1, 2]))
    >>> rows.dropped, str(rows.kind)
    (2, 'pairs')
    """

    table: pa.Table
    kind: Kind
    columns: Mapping[str, str]
    relabelled: int = 0
    dropped: int = 0
    cleaned: int = 0


def changed_rows(data: Dataset, changes: RowChanges) -> ChangedRows:
    """Return the rows of a data set after changes; all other cells stay as they were read.

    Raises
    ------
    UsageError
        A row does not exist, the data have no labels, or a label does not fit them.
    DataError
        The data are a search collection, or no row would be left.

    Examples
    --------
    >>> from tunesmith import read
    >>> rows = changed_rows(read("examples/tickets.csv"), RowChanges(relabel={1: "refund"}))
    >>> rows.table["intent"][0].as_py(), rows.relabelled, rows.dropped
    ('refund', 1, 0)
    """
    found = _rows_as_read(data)
    relabel = {row: to for row, to in changes.relabel.items() if row not in changes.drop}
    positions, dropped = _positions(data, relabel), _positions(data, changes.drop)
    if relabel:
        labels = [relabel[row] for row in sorted(relabel)]
        found = with_labels(found, data.examples, positions, labels)
    table, cleaned = found.table, 0
    if changes.clean:
        names = {found.columns.get(role, role) for role in data.examples.text_roles}
        table, cleaned = clean_columns(table, names, _positions(data, changes.clean))
    if len(dropped) == table.num_rows:
        raise DataError("no row would be left", hint="keep some rows, or delete the data set")
    if len(dropped):
        table = table.take(pa.array(np.delete(np.arange(table.num_rows), dropped)))
    return ChangedRows(table, found.kind, found.columns, len(relabel), len(dropped), cleaned)


def _rows_as_read(data: Dataset) -> LabelledTable:
    """Return the columns of the file; for a folder of documents, its passages."""
    if data.kind is Kind.RETRIEVAL:
        raise DataError(
            f"{data.name} is a search collection, whose rows cannot be changed one by one",
            hint="change its files, and upload them as a new version",
        )
    if data.columns.get("text") == DOCUMENT and data.loaded.documents is not None:
        return LabelledTable(data.examples.table.select(["text"]), data.kind, {"text": "text"})
    return LabelledTable(data.loaded.table, data.kind, data.columns)


def _positions(data: Dataset, rows: Collection[int]) -> NDArray[np.int64]:
    """Return the positions of rows, in the order of their numbers."""
    wanted = np.asarray(sorted(set(rows)), dtype=np.int64)
    found = np.searchsorted(data.loaded.rows, wanted)
    missing = wanted[data.loaded.rows[np.minimum(found, len(data.loaded.rows) - 1)] != wanted]
    if len(missing):
        raise UsageError(
            f"{data.name} has no row {listing(missing.tolist())}",
            hint="rows are counted from 1, without the header",
            option="rows",
        )
    return np.asarray(found, dtype=np.int64)
