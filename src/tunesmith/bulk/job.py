"""A computation for each row of a file: in batches, resumable, with all columns carried along."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.bulk.columns import DOCUMENTS, GIVEN, ONLY, ColumnChoice
from tunesmith.bulk.encoder import FileEncoder
from tunesmith.bulk.parts import Parts
from tunesmith.bulk.source import CACHED_ROWS, existing_file, no_texts, source_digest
from tunesmith.bulk.stream import TextStream, about_rows, announce_reading, open_stream
from tunesmith.bulk.writers import writing
from tunesmith.data.reading.rows import Row
from tunesmith.data.tokens import Tokens
from tunesmith.encoders.inputs import encode_known
from tunesmith.events import Note, OnEvent, ignore
from tunesmith.progress import Advance, progress_bar
from tunesmith.stop import Stop, stopping
from tunesmith.version import __version__

Columns = dict[str, Any]
"""Mapping from column name to a list or array with an entry for each row."""
Texts = list[tuple[str | None, ...]]
"""The texts of each row; None for a missing one."""
_ROW: Final = "row"


@dataclass(frozen=True, eq=False)
class Job:
    """What is computed for each row of a file.

    Parameters
    ----------
    compute
        From the texts of n rows to an array with n rows; a missing text has a missing result. It
        also gets a function to call with the number of rows done.
    columns
        From the texts and the computed array to the columns of the output.
    plan
        Everything that determines the result, apart from the file, as JSON values.
    roles
        The number of texts in a row.
    trained
        Columns that the model was trained on, taken if the file has them.
    with_text
        Whether the columns with the texts are in the output.
    stamp
        Provenance, for the metadata of a Parquet file.
    tokens
        The token counter of the model, for the passages of documents.
    """

    compute: Callable[[Texts, Advance], NDArray[Any]]
    columns: Callable[[Texts, NDArray[Any]], Columns]
    plan: Mapping[str, Any]
    roles: int = 1
    trained: tuple[str, ...] = ()
    with_text: bool = True
    stamp: Mapping[str, str] = field(default_factory=dict)
    tokens: Tokens | None = None


@dataclass(frozen=True)
class Given:
    """What the user gave for reading a file; what is None is detected.

    Parameters
    ----------
    columns
        The column with the texts, or that of each role; by default those of the training.
    encoding
        The file's encoding.
    """

    columns: str | Sequence[str] | None = None
    encoding: str | None = None


_NOTHING_GIVEN: Final = Given()


@dataclass(frozen=True)
class FileResult:
    """What was done to a file.

    Parameters
    ----------
    path
        The output file.
    rows
        The number of rows.
    missing
        The number of rows with a missing text, whose result is missing too.
    choice
        The columns with the texts, and why they were chosen.

    Examples
    --------
    >>> choice = ColumnChoice(("text",), "detected")
    >>> result = FileResult(Path("vectors.parquet"), rows=60, missing=1, choice=choice)
    >>> result.rows - result.missing, str(result.choice)
    (59, 'text (detected)')
    """

    path: Path
    rows: int
    missing: int
    choice: ColumnChoice


def write_file(
    job: Job,
    source: str | Path,
    output: Path,
    given: Given = _NOTHING_GIVEN,
    *,
    on_event: OnEvent = ignore,
    stop: Stop | None = None,
) -> FileResult:
    """Compute each row of a file and write the result; an interrupted run resumes.

    Finished parts of 4,096 rows are kept next to the output until it is complete. Another file,
    model or setting starts over.

    Parameters
    ----------
    job
        What is computed.
    source
        The file.
    output
        The output file; its ending determines the format.
    given
        The columns with the texts and the encoding, if the user gave them.
    on_event
        Receives a note with the columns that were taken, and one if the encoding was guessed.
    stop
        A token that ends the run; finished parts are kept.

    Raises
    ------
    DataError
        The file cannot be read, or it is not clear which column holds the texts.
    OutputError
        The output cannot be written.
    Cancelled
        The token was set; the same call resumes.
    """
    path = existing_file(str(source))
    with _opened(job, path, given) as stream:
        announce(stream, on_event)
        read_as = {"columns": stream.choice.columns, "encoding": given.encoding}
        plan = {**job.plan, **read_as, "source": source_digest(path)}
        parts = Parts(output, {**plan, "tunesmith": __version__})
        counter = _Counter()
        try:
            with (
                nullcontext() if stop is None else stopping(stop.check),
                progress_bar("Encoding", about_rows(path)) as advance,
                writing(output, stamp=job.stamp, aside=parts.folder) as writer,
            ):
                for number, batch in enumerate(stream.batches):
                    texts = _texts(batch, job.roles)
                    values = parts.read(number, rows=len(batch))
                    if values is None:
                        values = job.compute(texts, advance)
                        parts.write(number, values)
                    else:
                        advance(len(batch))
                    computed = job.columns(texts, values)
                    writer.write(_output(job, stream, batch, computed, counter.rows))
                    counter.add(texts)
                counter.require_rows(path)
            parts.remove()
        finally:
            parts.remove_if_empty()
        return FileResult(output, counter.rows, counter.missing, stream.choice)


def rows_of(
    job: Job,
    source: str | Path,
    given: Given = _NOTHING_GIVEN,
    *,
    on_event: OnEvent = ignore,
) -> Iterator[Columns]:
    """Yield batches of the computed rows of a file as columns; this run cannot be resumed.

    Raises
    ------
    DataError
        The file cannot be read, or it is not clear which column holds the texts.
    """
    path = existing_file(str(source))
    with _opened(job, path, given) as stream:
        announce(stream, on_event)
        counter = _Counter()
        with progress_bar("Encoding", about_rows(path)) as advance:
            for batch in stream.batches:
                texts = _texts(batch, job.roles)
                computed = job.columns(texts, job.compute(texts, advance))
                yield _output(job, stream, batch, computed, counter.rows)
                counter.add(texts)
        counter.require_rows(path)


def _opened(job: Job, path: Path, given: Given) -> AbstractContextManager[TextStream]:
    return open_stream(
        path,
        given.columns,
        roles=job.roles,
        trained=job.trained,
        encoding=given.encoding,
        tokens=job.tokens,
    )


def announce(stream: TextStream, on_event: OnEvent) -> None:
    """Report a guessed encoding, and which columns were taken if there was a choice."""
    announce_reading(stream, on_event)
    if stream.choice.why not in {GIVEN, ONLY, DOCUMENTS}:
        noun = "text column" if len(stream.choice.columns) == 1 else "text columns"
        on_event(Note(f"{noun} of {stream.name}: {stream.choice}"))


def cache_if_short(encoder: FileEncoder, path: Path) -> None:
    """Use the vector cache for files of up to 20,000 rows, and for folders of documents.

    Caching a million vectors that are used once would evict those that are used again.
    """
    rows = about_rows(path)
    encoder.cache = path.is_dir() or (rows is not None and rows <= CACHED_ROWS)


def with_gaps(
    texts: Texts, encode: Callable[[list[str]], NDArray[Any]], advance: Advance
) -> NDArray[Any]:
    """Return what is computed for the first text of each row; a missing text counts as done.

    Examples
    --------
    >>> with_gaps([("a",), (None,)], lambda texts: np.ones((len(texts), 2)), print)
    1
    array([[ 1.,  1.],
           [nan, nan]])
    """
    first = [row[0] for row in texts]
    computed = encode_known(first, encode)
    if None in first:
        advance(first.count(None))
    return computed


class _Counter:
    def __init__(self) -> None:
        self.rows = self.missing = 0

    def add(self, texts: Texts) -> None:
        self.rows += len(texts)
        self.missing += sum(None in row for row in texts)

    def require_rows(self, path: Path) -> None:
        if not self.rows:
            raise no_texts(path.name)


def _texts(batch: list[Row], roles: int) -> Texts:
    return [row[:roles] for row in batch]


def _output(
    job: Job, stream: TextStream, batch: list[Row], computed: Columns, first: int
) -> Columns:
    """Return row numbers, all columns of the file, and the computed columns."""
    texts = {part for name in stream.choice.columns for part in (name, *name.split("+"))}
    carried = {
        name: [row[job.roles + index] for row in batch]
        for index, name in enumerate(stream.columns)
        if job.with_text or name not in texts
    }
    numbers = {_ROW: np.arange(first + 1, first + 1 + len(batch))}
    return (
        {fresh(name, stream.columns): column for name, column in numbers.items()}
        | carried
        | {fresh(name, stream.columns): column for name, column in computed.items()}
    )


def fresh(name: str, taken: Sequence[str]) -> str:
    """Return a name for a new column that the file does not have.

    Examples
    --------
    >>> fresh("label", ["text", "label"])
    'tunesmith_label'
    """
    return f"tunesmith_{name}" if name in taken else name
