"""The rows of a file that is too long to be held in memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import pyarrow as pa

from tunesmith.data.loaded import DocumentFiles, Rejected
from tunesmith.data.reading.json_rows import arrow_column
from tunesmith.errors import UnreadableFile

BATCH: Final = 4096
_SAMPLE_ROWS: Final = 1000

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Rows:
    """The rows of a file, as :func:`tunesmith.data.read` reads them, one after the other.

    Parameters
    ----------
    name
        The file's name, for messages.
    names
        The names of the columns.
    cells
        Returns the cells of each row, from the first; None for a missing one.
    notes
        Notes about the file format.
    guessed_encoding
        The encoding, if it was guessed from the text; else None.
    documents
        The files of a folder of documents; else None.
    """

    name: str
    names: tuple[str, ...]
    cells: Callable[[], Iterator[Row]]
    notes: tuple[str, ...] = ()
    guessed_encoding: str | None = None
    documents: DocumentFiles | None = None

    def sample(self) -> pa.Table:
        """Return the first thousand rows as a table."""
        rows = list(islice(self.cells(), _SAMPLE_ROWS))
        columns = [arrow_column([row[index] for row in rows]) for index in range(len(self.names))]
        return pa.table(columns, names=list(self.names))


def table_rows(table: pa.Table, name: str, notes: tuple[str, ...] = ()) -> Rows:
    """Return the rows of a table in memory."""
    return Rows(name, tuple(table.column_names), lambda: cells_of(table), notes)


def cells_of(table: pa.Table) -> Iterator[Row]:
    """Yield the cells of each row of a table."""
    yield from zip(*(column.to_pylist() for column in table.columns), strict=True)


def raise_on_rejected(rejected: Sequence[Rejected], name: str) -> None:
    """Raise an exception for the first rejected record.

    Raises
    ------
    UnreadableFile
        A record is rejected, and a command that needs a result for each row cannot skip it.
    """
    if rejected:
        first = rejected[0]
        raise UnreadableFile(
            f"line {first.line} of {name} cannot be read: {first.reason}",
            hint="fix the line, because every row needs a result",
            file=name,
            line=first.line,
            column=first.column,
        )
