"""Rows of a data set, read from its file; the files of the last pages stay open in memory."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tunesmith.data.loaded import Loaded
from tunesmith.datasets.dataset import Dataset
from tunesmith.kinds import Labelled, Multilabel
from tunesmith.results.finding import Finding
from tunesmith.server.datasets import DatasetStore, StoredDataset
from tunesmith.server.faults import NotFound
from tunesmith.server.finding import having
from tunesmith.server.pages.check import Row
from tunesmith.wording import cut

ON_A_PAGE = 50
_OF_A_FINDING = 6
_COLUMNS = 12
_CELL = 600
_OPEN_FILES = 2
_KEPT_FINDINGS = 8
Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Wanted:
    """Which rows are shown: those with a label, of a finding, and with all words.

    Examples
    --------
    >>> Wanted(label="refund", q="card").query
    'label=refund&q=card'
    """

    label: str = ""
    finding: str = ""
    q: str = ""

    @property
    def query(self) -> str:
        """The query of an address; empty for all rows."""
        named = {"label": self.label, "finding": self.finding, "q": self.q}
        return urlencode({name: value for name, value in named.items() if value})


@dataclass(frozen=True)
class RowPage:
    """Fifty rows of a file.

    Parameters
    ----------
    columns
        The first columns of the file.
    hidden
        The number of columns that are not in ``columns``.
    rows
        The rows.
    found
        The number of rows that are wanted.
    total
        The number of all rows.
    page, pages
        The number of this page, and of all.
    """

    columns: tuple[str, ...]
    hidden: int
    rows: tuple[Row, ...]
    found: int
    total: int
    page: int
    pages: int


def row_page(
    store: DatasetStore, stored: StoredDataset, page: int, wanted: Wanted | None = None
) -> RowPage:
    """Return a page of rows, counted from 1.

    Raises
    ------
    NotFound
        There are fewer pages.
    """
    data = opened(store, stored.id)
    loaded = data.loaded
    positions = _wanted(store, stored.id, data, wanted or Wanted())
    pages = max(1, -(-len(positions) // ON_A_PAGE))
    if page > pages:
        raise NotFound(f"there is no page {page}", hint=f"the last one is {pages}")
    start = (page - 1) * ON_A_PAGE
    names = tuple(map(str, loaded.table.column_names))
    return RowPage(
        columns=names[:_COLUMNS],
        hidden=max(0, len(names) - _COLUMNS),
        rows=_rows(loaded, positions[start : start + ON_A_PAGE]),
        found=len(positions),
        total=loaded.table.num_rows,
        page=page,
        pages=pages,
    )


class FaultyRows:
    """The rows that findings are about.

    Parameters
    ----------
    store
        The data sets of the server.
    stored
        The data set, whose file can be read.
    """

    def __init__(self, store: DatasetStore, stored: StoredDataset) -> None:
        self._loaded = opened(store, stored.id).loaded

    def of(self, finding: Finding) -> tuple[Row, ...]:
        """Return the first rows of a finding."""
        wanted = np.asarray(finding.rows[:_OF_A_FINDING], dtype=np.int64)
        positions = np.searchsorted(self._loaded.rows, wanted)
        known = positions < len(self._loaded.rows)
        found = positions[known]
        return _rows(self._loaded, found[self._loaded.rows[found] == wanted[known]])


@lru_cache(maxsize=_OPEN_FILES)
def opened(store: DatasetStore, ident: str) -> Dataset:
    """Return a data set as it was read; a file never changes once it has an id."""
    return store.opened(ident)


@lru_cache(maxsize=_KEPT_FINDINGS)
def _rows_of_finding(store: DatasetStore, ident: str, code: str) -> Positions:
    return np.asarray(opened(store, ident).row_numbers(code), dtype=np.int64)


def _wanted(store: DatasetStore, ident: str, data: Dataset, wanted: Wanted) -> Positions:
    """Return the positions of the rows that are wanted."""
    kept = np.ones(data.loaded.table.num_rows, dtype=bool)
    if wanted.label:
        kept &= np.isin(data.loaded.rows, _rows_with(data, wanted.label))
    if wanted.finding:
        kept &= np.isin(data.loaded.rows, _rows_of_finding(store, ident, wanted.finding))
    if wanted.q:
        kept &= having(data.loaded.table, wanted.q.split())
    return np.flatnonzero(kept)


def _rows_with(data: Dataset, label: str) -> Positions:
    """Return the numbers of the rows with a label."""
    examples = data.examples
    if isinstance(examples, Multilabel):
        positions = np.flatnonzero(examples.matrix([label])[:, 0] == 1)
        return np.asarray(examples.rows[positions], dtype=np.int64)
    if not isinstance(examples, Labelled) and "label" not in examples.roles:
        return np.zeros(0, dtype=np.int64)
    labels = examples.table["label"].cast(pa.string())
    same = pc.fill_null(pc.equal(labels, label), fill_value=False)
    return np.asarray(examples.rows[same.to_numpy()], dtype=np.int64)


def _rows(loaded: Loaded, positions: Positions) -> tuple[Row, ...]:
    part = loaded.table.take(pa.array(positions, pa.int64())).select(
        range(min(loaded.table.num_columns, _COLUMNS))
    )
    return tuple(
        Row(int(loaded.rows[position]), tuple(_cell(value) for value in row.values()))
        for position, row in zip(positions.tolist(), part.to_pylist(), strict=True)
    )


def _cell(value: object) -> str:
    return "" if value is None else cut(str(value), _CELL)
