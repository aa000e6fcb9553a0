"""Rows of a data set, read from its file; the files of the last pages stay open in memory."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from tunesmith.data.loaded import Loaded
from tunesmith.results.finding import Finding
from tunesmith.server.datasets import DatasetStore, StoredDataset
from tunesmith.server.faults import NotFound
from tunesmith.server.pages.check import Row
from tunesmith.wording import cut

ON_A_PAGE = 50
_OF_A_FINDING = 6
_COLUMNS = 12
_CELL = 600
_OPEN_FILES = 2


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
    total
        The number of all rows.
    page, pages
        The number of this page, and of all.
    """

    columns: tuple[str, ...]
    hidden: int
    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int


def row_page(store: DatasetStore, stored: StoredDataset, page: int) -> RowPage:
    """Return a page of rows, counted from 1.

    Raises
    ------
    NotFound
        There are fewer pages.
    """
    loaded = _loaded(store, stored.id)
    total = loaded.table.num_rows
    pages = max(1, -(-total // ON_A_PAGE))
    if page > pages:
        raise NotFound(f"there is no page {page}", hint=f"the last one is {pages}")
    start = (page - 1) * ON_A_PAGE
    positions = np.arange(start, min(start + ON_A_PAGE, total))
    names = tuple(map(str, loaded.table.column_names))
    hidden = max(0, len(names) - _COLUMNS)
    return RowPage(names[:_COLUMNS], hidden, _rows(loaded, positions), total, page, pages)


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
        self._loaded = _loaded(store, stored.id)

    def of(self, finding: Finding) -> tuple[Row, ...]:
        """Return the first rows of a finding."""
        wanted = np.asarray(finding.rows[:_OF_A_FINDING], dtype=np.int64)
        positions = np.searchsorted(self._loaded.rows, wanted)
        known = positions < len(self._loaded.rows)
        found = positions[known]
        return _rows(self._loaded, found[self._loaded.rows[found] == wanted[known]])


@lru_cache(maxsize=_OPEN_FILES)
def _loaded(store: DatasetStore, ident: str) -> Loaded:
    """Return the table of a data set; a file never changes once it has an id."""
    return store.opened(ident).loaded


def _rows(loaded: Loaded, positions: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[Row, ...]:
    part = loaded.table.take(pa.array(positions, pa.int64())).select(
        range(min(loaded.table.num_columns, _COLUMNS))
    )
    return tuple(
        Row(int(loaded.rows[position]), tuple(_cell(value) for value in row.values()))
        for position, row in zip(positions.tolist(), part.to_pylist(), strict=True)
    )


def _cell(value: object) -> str:
    return "" if value is None else cut(str(value), _CELL)
