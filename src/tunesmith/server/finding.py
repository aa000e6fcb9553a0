"""Find words anywhere: in the names of data sets, fits and models, and in the rows of data sets."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tunesmith.data.detection.cell_values import is_string
from tunesmith.data.loaded import Loaded
from tunesmith.errors import TunesmithError
from tunesmith.server.datasets import DatasetStore, StoredDataset
from tunesmith.server.faults import NotFound
from tunesmith.server.unexpected import report_unexpected
from tunesmith.wording import cut

ROWS_SHOWN = 5
_SECONDS = 1.5
_TEXT = 240


@dataclass(frozen=True)
class FoundRow:
    """A row with all words: its number from 1 without the header, and its text."""

    number: int
    text: str


@dataclass(frozen=True)
class FoundRows:
    """The rows of a data set that have all words: how many there are, and the first of them."""

    dataset: StoredDataset
    total: int
    rows: tuple[FoundRow, ...]


@dataclass(frozen=True)
class FoundTexts:
    """What was found in the rows of data sets.

    Parameters
    ----------
    found
        The data sets with matching rows, newest first.
    searched, datasets
        Numbers of data sets that were searched so far, and of all.
    unread
        The data sets that could not be read, and so were not searched.
    """

    found: tuple[FoundRows, ...]
    searched: int
    datasets: int
    unread: tuple[StoredDataset, ...] = ()


def has_words(text: str, words: Sequence[str]) -> bool:
    """Return whether a text has all words, in any case.

    Examples
    --------
    >>> has_words("Tickets of May", ["may", "ticket"]), has_words("Tickets", ["may"])
    (True, False)
    """
    folded = text.casefold()
    return all(word.casefold() in folded for word in words)


def find_texts(
    store: DatasetStore, datasets: Sequence[StoredDataset], words: Sequence[str], start: int = 0
) -> FoundTexts:
    """Search the rows of data sets in order, for a second or two.

    Parameters
    ----------
    store
        The data sets of the server.
    datasets
        The data sets, newest first.
    words
        Words that a row must have.
    start
        The number of data sets that were searched before.
    """
    found: list[FoundRows] = []
    unread: list[StoredDataset] = []
    position, end = start, time.monotonic() + _SECONDS
    while position < len(datasets) and (position == start or time.monotonic() < end):
        dataset = datasets[position]
        position += 1
        try:
            rows = _search(store, dataset, words)
        except (NotFound, FileNotFoundError):  # deleted during the search
            continue
        except Exception as error:  # one data set must not end the search of the others
            if not isinstance(error, TunesmithError):
                report_unexpected(error)
            unread.append(dataset)
        else:
            found += [rows] if rows else []
    return FoundTexts(tuple(found), position, len(datasets), tuple(unread))


def _search(store: DatasetStore, dataset: StoredDataset, words: Sequence[str]) -> FoundRows | None:
    """Return the rows of one data set that have all words; None if there are none."""
    loaded = store.opened(dataset.id).loaded
    rows = np.flatnonzero(having(loaded.table, words))
    return _found(loaded, dataset, rows, words) if len(rows) else None


def having(table: pa.Table, words: Sequence[str]) -> NDArray[np.bool_]:
    """Return which rows have all words in their cells, in any case, bool, shape (rows,).

    Examples
    --------
    >>> table = pa.table({"text": ["Red card", None], "label": ["a", "red"]})
    >>> having(table, ["red"]).tolist(), having(table, ["card", "RED"]).tolist()
    ([True, True], [True, False])
    """
    rows = np.ones(table.num_rows, dtype=bool)
    for word in words:
        rows &= _containing(table, word)
    return rows


def _containing(table: pa.Table, word: str) -> NDArray[np.bool_]:
    found = np.zeros(table.num_rows, dtype=bool)
    for column in table.columns:
        if is_string(column.type):
            hits = pc.match_substring(column, word, ignore_case=True)
            found |= pc.fill_null(hits, fill_value=False).to_numpy()
    return found


def _found(
    loaded: Loaded, dataset: StoredDataset, rows: NDArray[np.int64], words: Sequence[str]
) -> FoundRows:
    part = loaded.table.take(pa.array(rows[:ROWS_SHOWN], pa.int64())).to_pylist()
    shown = tuple(
        FoundRow(int(loaded.rows[row]), _shown(cells, words[0]))
        for row, cells in zip(rows.tolist(), part, strict=False)
    )
    return FoundRows(dataset, len(rows), shown)


def _shown(cells: dict[str, object], word: str) -> str:
    """Return the longest cell, which is the text, and the cell with a word if that is another."""
    texts = [str(each) for each in cells.values() if each is not None]
    longest = max(texts, key=len, default="")
    hit = next((each for each in texts if has_words(each, [word])), longest)
    return cut(longest, _TEXT) + ("" if has_words(longest, [word]) else f" · {cut(hit, _TEXT)}")
