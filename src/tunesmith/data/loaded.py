"""What reading gives: the table as it was found, and what was left out of it."""

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
        The line of the file on which the record begins, counted from 1.
    reason
        What is wrong with it, in words that follow "line 7: ".
    column
        The column concerned, where that is known.
    """

    line: int
    reason: str
    column: str | None = None


@dataclass(frozen=True, eq=False)
class Records:
    """The records of one file or table, before it has a name and a digest.

    Parameters
    ----------
    table
        The columns as they were found; those of delimited files are all strings.
    rows
        The number of each row in the file, int64, shape (n,), counted from 1 without the
        header; rejected records count, blank lines do not (but in raw text files they do).
    rejected
        The records left out.
    notes
        What a reader of the file should know, such as ``"delimiter ';'"``.
    has_header
        Whether the columns' names come from the file.
    """

    table: pa.Table
    rows: NDArray[np.int64]
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    has_header: bool = True


@dataclass(frozen=True, eq=False)
class RetrievalFiles:
    """The texts of a retrieval folder.

    Parameters
    ----------
    queries
        Columns ``id`` and ``text``, both strings.
    corpus
        Columns ``id``, ``title`` and ``text``, all strings; the title may be null.
    """

    queries: pa.Table
    corpus: pa.Table


@dataclass(frozen=True, eq=False)
class Loaded(Records):
    """A source that was read.

    Parameters
    ----------
    name
        What messages call it: the file's name.
    digest
        SHA-256 of the file's bytes (of the Arrow stream, for a table in memory), hexadecimal.
    retrieval
        The queries and the corpus, where the source is a retrieval folder; ``table`` then holds
        the judgements.
    """

    name: str = "the table"
    digest: str = ""
    retrieval: RetrievalFiles | None = None
