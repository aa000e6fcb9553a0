"""The result of reading a source: a table, its row numbers and the rejected lines."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.wording import listing, plural


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
    second_header
        The cells of a row below the header that is not data, as in the exports of surveys.
    """

    table: pa.Table
    rows: NDArray[np.int64]
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    has_header: bool = True
    second_header: tuple[str, ...] = ()


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
    added
        The number of documents that only the judgements name, as texts.
    incomplete
        The rows without a query or a document, which are left out.
    unanswered
        The rows of questions without an answer, which are left out.
    unused_negatives
        The columns of negatives, which are not used where all documents are searched.
    unused_grades
        The columns that may say which documents are relevant, but are not used.
    rows
        The rows before they were joined, to read them as another kind; None if they were not rows.
    """

    queries: pa.Table
    corpus: pa.Table
    form: str = "a BEIR folder"
    added: int = 0
    incomplete: tuple[int, ...] = ()
    unanswered: tuple[int, ...] = ()
    unused_negatives: tuple[str, ...] = ()
    unused_grades: tuple[str, ...] = ()
    rows: "Loaded | None" = None


@dataclass(frozen=True)
class LeftOut:
    """A file of a folder that is not read.

    Parameters
    ----------
    path
        Its path within the folder.
    reason
        Why it is not read, phrased to follow "cards.pdf is".
    """

    path: str
    reason: str


@dataclass(frozen=True)
class DocumentFiles:
    """The files of a folder of documents.

    Parameters
    ----------
    paths
        The documents that were read, by their path within the folder.
    passages
        The number of passages that they were cut into.
    length
        The maximum length of a passage, in tokens of the model.
    left_out
        The files that were not read, with the reason.
    guessed
        The files whose encoding was guessed, with the encoding.
    """

    paths: tuple[str, ...]
    passages: int
    length: int
    left_out: tuple[LeftOut, ...] = ()
    guessed: tuple[tuple[str, str], ...] = ()

    @property
    def description(self) -> str:
        """The numbers of documents and passages as a phrase."""
        documents = plural(len(self.paths), "document")
        if self.passages == len(self.paths):
            return documents
        return f"{documents}, cut into {plural(self.passages, 'passage')}"

    @property
    def omission(self) -> str:
        """The files that were not read as a sentence, or an empty text."""
        shown = listing([f"{each.path} ({each.reason})" for each in self.left_out])
        return f"{plural(len(self.left_out), 'file')} left out: {shown}." if shown else ""


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
    guessed_lines
        If it was guessed, the first lines of the file that depend on the guess.
    documents
        The files of a folder of documents, otherwise None. ``table`` then holds the passages.

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
    guessed_lines: tuple[int, ...] = ()
    documents: DocumentFiles | None = None

    def __repr__(self) -> str:
        """Return name, rows and columns, without any text of the data."""
        columns = ", ".join(self.table.column_names[:8])
        return f"Loaded({self.name}: {self.table.num_rows} rows, columns {columns})"
