"""Stream the texts of a file in batches, so that memory use is independent of file size.

Rows are those of :func:`tunesmith.data.read`. Unlike there, no row is ever skipped, so that the
output has one row for each input row, in the same order.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from tunesmith.bulk.columns import ColumnChoice, choose_columns
from tunesmith.data.loaded import DocumentFiles
from tunesmith.data.reading.formats import GZIP_MAGIC
from tunesmith.data.reading.open_rows import open_rows
from tunesmith.data.reading.rows import BATCH, Row
from tunesmith.data.tokens import Tokens
from tunesmith.events import Note, OnEvent, ignore

_COUNTED_BYTES: Final = 2**20


@dataclass(frozen=True)
class TextStream:
    """The rows of a file, read in batches.

    Parameters
    ----------
    name
        The file's name.
    choice
        The columns with the texts, and why they were chosen.
    columns
        The names of all columns, in the order of the file.
    batches
        Lists of rows: the texts of the chosen columns, then the cells of all columns.
    guessed_encoding
        The file's encoding, if it was guessed from the text; else None.
    documents
        The files of a folder of documents; else None.
    """

    name: str
    choice: ColumnChoice
    columns: tuple[str, ...]
    batches: Iterator[list[Row]]
    guessed_encoding: str | None = None
    documents: DocumentFiles | None = None


@contextmanager
def open_stream(
    path: str | Path,
    columns: str | Sequence[str] | None = None,
    *,
    roles: int = 1,
    trained: Sequence[str] = (),
    batch_size: int = BATCH,
    encoding: str | None = None,
    tokens: Tokens | None = None,
) -> Iterator[TextStream]:
    """Open a file to read its texts, with all other columns, in lists of at most ``batch_size``.

    Parameters
    ----------
    path
        A CSV, TSV, JSON Lines, Parquet or text file, plain or gzipped, or a folder of documents. (A
        JSON array is read whole.)
    columns
        The column, or that of each role; several columns joined by ``+`` become one text.
    roles
        The number of texts in a row, such as 2 for pairs.
    trained
        Columns that the model was trained on, taken if the file has them.
    batch_size
        The length of all lists except the last.
    encoding
        The file's encoding; detected if None.
    tokens
        The token counter of the model that will read the passages of documents.

    Raises
    ------
    DataError
        The file cannot be read, or it is not clear which column holds the texts. While reading: a
        row is malformed.
    UsageError
        A column does not exist.
    """
    with tempfile.TemporaryDirectory(prefix="tunesmith-") as folder:
        opened = open_rows(Path(path), Path(folder), encoding, tokens)
        names = opened.names
        given = None if columns is None else _each(columns)
        choice = choose_columns(
            opened.name,
            names,
            given,
            roles,
            trained,
            opened.sample,
            documents=opened.documents is not None,
        )
        texts = choice.reader(names)
        rows = (texts(cells) + cells for cells in opened.cells())
        yield TextStream(
            opened.name,
            choice,
            names,
            _batches(rows, batch_size),
            opened.guessed_encoding,
            opened.documents,
        )


def stream_texts(
    path: str | Path,
    column: str | None = None,
    batch_size: int = BATCH,
    encoding: str | None = None,
    on_event: OnEvent = ignore,
    tokens: Tokens | None = None,
) -> Iterator[list[str]]:
    """Yield the texts of a file's column in lists of at most ``batch_size``.

    A missing text is an empty one. ``on_event`` receives a note if the encoding was guessed, or if
    files of a folder were left out.

    Raises
    ------
    DataError, UsageError
        As for :func:`open_stream`.
    """
    opened = open_stream(path, column, batch_size=batch_size, encoding=encoding, tokens=tokens)
    with opened as stream:
        announce_reading(stream, on_event)
        for rows in stream.batches:
            yield [row[0] or "" for row in rows]


def announce_reading(stream: TextStream, on_event: OnEvent) -> None:
    """Report a guessed encoding, and the documents of a folder."""
    announce_guess(stream.name, stream.guessed_encoding, on_event)
    if (files := stream.documents) is not None:
        on_event(Note(f"{stream.name}: {files.description}"))
        for name, encoding in files.guessed:
            announce_guess(name, encoding, on_event)
        if files.omission:
            on_event(Note(files.omission))


def announce_guess(name: str, encoding: str | None, on_event: OnEvent) -> None:
    """Report a guessed encoding, if there is one."""
    if encoding is not None:
        on_event(
            Note(
                f"{name} is not UTF-8 and was read as {encoding}, which is a guess: if texts look"
                " wrong, set `encoding`"
            )
        )


def _each(columns: str | Sequence[str]) -> tuple[str, ...]:
    return (columns,) if isinstance(columns, str) else tuple(columns)


def _batches(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while part := list(islice(rows, size)):
        yield part


def about_rows(path: Path) -> int | None:
    """Return the approximate number of rows without parsing the file.

    None if it is compressed, or a folder.

    The number is exact for Parquet. For other files it is the number of lines, although a quoted
    text can span several.
    """
    if path.is_dir():
        return None
    if path.suffix.lower() == ".parquet":
        return int(pq.ParquetFile(path).metadata.num_rows)
    with path.open("rb") as file:
        if file.read(len(GZIP_MAGIC)) == GZIP_MAGIC:
            return None
        return sum(block.count(b"\n") for block in iter(lambda: file.read(_COUNTED_BYTES), b""))
