"""Compute the similarity of the two texts in each row of a file, resumable."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.bulk.columns import trained_columns
from tunesmith.bulk.encoder import FileEncoder, columns_of, encoder_of
from tunesmith.bulk.job import (
    Columns,
    FileResult,
    Given,
    Job,
    Texts,
    cache_if_short,
    rows_of,
    write_file,
)
from tunesmith.bulk.writers import output_path
from tunesmith.events import OnEvent, ignore
from tunesmith.progress import Advance
from tunesmith.stop import Stop
from tunesmith.vectors.similarity import pairwise_similarity

FORMATS = (".csv", ".jsonl", ".parquet")
_ROLES = ("text1", "text2", "anchor", "positive", "premise", "hypothesis")


def compare_file(
    model: str | Path | FileEncoder,
    source: str | Path,
    output: str | Path,
    *,
    columns: Sequence[str] | None = None,
    encoding: str | None = None,
    on_event: OnEvent = ignore,
    stop: Stop | None = None,
) -> FileResult:
    """Write the cosine similarity of the two texts in each row of a file, with all its columns.

    Parameters
    ----------
    model
        The id or folder of a fitted model, a sentence-transformers model, or an encoder.
    source
        A file of pairs in any supported format, of any length.
    output
        ``.csv``, ``.jsonl`` or ``.parquet``.
    columns
        The two columns to compare; by default those that the model was trained on, or detected.
    encoding
        The file's encoding, such as ``"gb18030"``; detected if None.
    on_event
        Receives a note with the columns that were taken.
    stop
        A token that ends the run; finished parts of 4,096 rows are kept.

    Returns
    -------
    The output file, the number of rows and of rows with a missing text (their score is missing),
    and the columns that were taken.

    Raises
    ------
    DataError
        The file cannot be read or has no two text columns.
    UsageError
        A column does not exist, or the output has another ending.
    OutputError
        The output cannot be written.
    UnknownModel, DamagedModel
        The model cannot be loaded.
    Cancelled
        The token was set; the same call resumes.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "scores.csv"
    >>> compare_file("all-MiniLM-L6-v2", "examples/scored_pairs.csv", out).choice.columns
    ('sentence1', 'sentence2')
    """
    out = output_path(str(output), FORMATS, source=Path(source))
    job = _job(model, Path(source))
    given = Given(columns, encoding)
    return write_file(job, source, out, given, on_event=on_event, stop=stop)


def compare_rows(
    model: str | Path | FileEncoder,
    source: str | Path,
    *,
    columns: Sequence[str] | None = None,
    encoding: str | None = None,
    on_event: OnEvent = ignore,
) -> Iterator[Columns]:
    """Yield batches of a file's rows with the similarity of their two texts, as columns.

    Parameters and errors are those of :func:`compare_file`.

    Returns
    -------
    Dictionaries with the row numbers (from 1), the columns of the file, and ``score``.

    Examples
    --------
    >>> batch = next(compare_rows("all-MiniLM-L6-v2", "examples/scored_pairs.csv"))
    >>> bool(-1 <= batch["tunesmith_score"][0] <= 1)  # the file has a column named score
    True
    """
    given = Given(columns, encoding)
    yield from rows_of(_job(model, Path(source)), source, given, on_event=on_event)


def _job(model: str | Path | FileEncoder, source: Path) -> Job:
    encoder = encoder_of(model)
    if source.is_file():
        cache_if_short(encoder, source)
    return Job(
        compute=lambda texts, advance: _scores(encoder, texts, advance),
        columns=lambda _, scores: {"score": np.ma.masked_invalid(scores)},
        plan={"model": encoder.digest, "weights": encoder.precision, "task": "similarity"},
        roles=2,
        trained=trained_columns(columns_of(model), _ROLES),
    )


def _scores(encoder: FileEncoder, texts: Texts, advance: Advance) -> NDArray[Any]:
    known = [index for index, row in enumerate(texts) if None not in row]
    pairs = [texts[index] for index in known]
    every = [str(row[0]) for row in pairs] + [str(row[1]) for row in pairs]
    vectors = encoder.encode(every)
    scores = np.full(len(texts), np.nan, dtype=np.float32)
    scores[known] = pairwise_similarity(vectors[: len(pairs)], vectors[len(pairs) :])
    advance(len(texts))
    return scores
