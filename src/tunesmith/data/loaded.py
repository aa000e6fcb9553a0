"""The result of reading a source: a table, its row numbers and the rejected lines."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True)
class Rejected:
    """One record of a file that could not be read.

    Parameters
    ----------
    line
        The line on which the record begins, counted from 1.
    reason
        What is wrong with it, phrased to follow "line 7: ".
    column
        The affected column, if known.

    Examples
    --------
    >>> rejected = Rejected(7, "3 fields instead of 2")
    >>> f"line {rejected.line}: {rejected.reason}"
    'line 7: 3 fields instead of 2'
    """

    line: int
    reason: str
    column: str | None = None


@dataclass(frozen=True, eq=False)
class Records:
    """The records of one file or table, without its name and digest.

    Parameters
    ----------
    table
        The columns as read; those of delimited files are all strings.
    rows
        The number of each row in the file, int64, shape (n,), counted from 1 without the header.
        Rejected records count. Blank lines count only in raw text files.
    rejected
        The records that could not be read.
    notes
        Notes about the file format, such as ``"delimiter ';'"``.
    has_header
        Whether the column names come from the file.
    """

    table: pa.Table
    rows: NDArray[np.int64]
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    has_header: bool = True


@dataclass(frozen=True, eq=False)
class RetrievalFiles:
    """The texts of a BEIR folder, or of a JSON document with queries, corpus and judgements.

    Parameters
    ----------
    queries
        Columns ``id`` and ``text``, both strings.
    corpus
        Columns ``id``, ``title`` and ``text``, all strings; the title may be null.
    form
        What the source is, for messages.
    """

    queries: pa.Table
    corpus: pa.Table
    form: str = "a BEIR folder"


@dataclass(frozen=True, eq=False, repr=False)
class Loaded(Records):
    """A source after reading.

    Parameters
    ----------
    name
        The name used in messages, normally the file name.
    digest
        SHA-256 of the file's bytes, or of the Arrow stream for a table in memory, hexadecimal.
    retrieval
        The queries and the corpus of a BEIR folder, otherwise None. ``table`` then holds the
        relevance judgements.
    guessed_encoding
        The encoding, if it was guessed from the text; None if it is certain or was given.

    Examples
    --------
    >>> from tunesmith.data import read
    >>> loaded = read("examples/tickets.csv")
    >>> loaded
    Loaded(tickets.csv: 647 rows, columns text, intent)
    >>> loaded.rejected
    ()
    """

    name: str = "the table"
    digest: str = ""
    retrieval: RetrievalFiles | None = None
    guessed_encoding: str | None = None

    def __repr__(self) -> str:
        """Return name, rows and columns, without any text of the data."""
        columns = ", ".join(self.table.column_names[:8])
        return f"Loaded({self.name}: {self.table.num_rows} rows, columns {columns})"
