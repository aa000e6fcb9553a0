"""Embed a file: a vector for each row, resumable."""

from collections.abc import Iterator
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
    rows_of,
    with_gaps,
    write_file,
)
from tunesmith.bulk.writers import output_path
from tunesmith.events import OnEvent, ignore
from tunesmith.progress import Advance
from tunesmith.stop import Stop
from tunesmith.vectors.compress import VectorPrecision, quantize, truncate

FORMATS = (".parquet", ".npy", ".jsonl")
TEXT_ROLES = ("text", "anchor", "query", "premise", "text1", "positive")


def embed_file(  # noqa: PLR0913 - one for each property of the output
    model: str | Path | FileEncoder,
    source: str | Path,
    output: str | Path,
    *,
    columns: str | None = None,
    prompt: str | None = None,
    truncate_dim: int | None = None,
    precision: VectorPrecision = "float32",
    with_text: bool = True,
    encoding: str | None = None,
    on_event: OnEvent = ignore,
    stop: Stop | None = None,
) -> FileResult:
    """Write the vectors of a file's texts, with all its columns; an interrupted run resumes.

    Parameters
    ----------
    model
        The id or folder of a fitted model, a sentence-transformers model, or an encoder.
    source
        A file of texts in any supported format, of any length, or a folder of documents.
    output
        ``.parquet``, ``.jsonl`` or ``.npy`` (vectors only, shape (rows, d)).
    columns
        The column with the texts, or several joined by ``+``; by default the column that the model
        was trained on, or the detected one.
    prompt
        The name of one of the model's prompts, or a prompt as text.
    truncate_dim
        The number of dimensions to keep; None keeps all.
    precision
        ``"float32"``, ``"float16"``, ``"int8"`` or ``"binary"`` (packed bits).
    with_text
        Whether the output has the column with the texts.
    encoding
        The file's encoding, such as ``"gb18030"``; detected if None.
    on_event
        Receives a note with the column that was taken.
    stop
        A token that ends the run; finished parts of 4,096 rows are kept.

    Returns
    -------
    The output file, the number of rows and of missing texts, and the column that was taken. A
    missing text has a missing vector (NaN, or 0 for int8 and binary, in ``.npy``).

    Raises
    ------
    DataError
        The file cannot be read, or several columns could hold the texts.
    UsageError
        The column does not exist, or the output has another ending.
    OutputError
        The output cannot be written.
    UnknownModel, DamagedModel
        The model cannot be loaded.
    Cancelled
        The token was set; the same call resumes.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "vectors.parquet"
    >>> embed_file("all-MiniLM-L6-v2", "examples/texts.txt", out).rows
    60
    """
    out = output_path(str(output), FORMATS, source=Path(source))
    encoder = encoder_of(model)
    encoder.cache = False  # a resumed run reads the finished parts instead
    job = _job(encoder, model, prompt, truncate_dim, precision, with_text=with_text)
    given = Given(columns, encoding)
    return write_file(job, source, out, given, on_event=on_event, stop=stop)


def embed_rows(  # noqa: PLR0913 - one for each property of the output
    model: str | Path | FileEncoder,
    source: str | Path,
    *,
    columns: str | None = None,
    prompt: str | None = None,
    truncate_dim: int | None = None,
    precision: VectorPrecision = "float32",
    with_text: bool = True,
    encoding: str | None = None,
    on_event: OnEvent = ignore,
) -> Iterator[Columns]:
    """Yield batches of a file's rows with their vectors, as columns.

    Parameters and errors are those of :func:`embed_file`.

    Returns
    -------
    Dictionaries with the row numbers (from 1), the columns of the file, and ``vector``, an array of
    shape (rows, d) or a list with None for missing texts.

    Examples
    --------
    >>> batch = next(embed_rows("all-MiniLM-L6-v2", "examples/texts.txt"))
    >>> list(batch), batch["vector"].shape
    (['row', 'text', 'vector'], (60, 384))
    """
    encoder = encoder_of(model)
    encoder.cache = False
    job = _job(encoder, model, prompt, truncate_dim, precision, with_text=with_text)
    yield from rows_of(job, source, Given(columns, encoding), on_event=on_event)


def _job(
    encoder: FileEncoder,
    model: str | Path | FileEncoder,
    prompt: str | None,
    truncate_dim: int | None,
    precision: VectorPrecision,
    *,
    with_text: bool,
) -> Job:
    def compute(texts: Texts, advance: Advance) -> NDArray[Any]:
        def encode(known: list[str]) -> NDArray[Any]:
            vectors = encoder.encode(known, prompt=prompt, advance=advance)
            return compressed(vectors, truncate_dim, precision)

        return with_gaps(texts, encode, advance)

    return Job(
        compute=compute,
        columns=vector_column,
        plan={
            "model": encoder.digest,
            "weights": encoder.precision,
            "prompt": prompt,
            "truncate_dim": truncate_dim,
            "precision": precision,
        },
        trained=trained_columns(columns_of(model), TEXT_ROLES),
        with_text=with_text,
        stamp={
            "model": encoder.name,
            "digest": encoder.digest,
            "precision": encoder.precision,
            "vector_precision": precision,
        },
        tokens=encoder,
    )


def compressed(
    vectors: NDArray[Any], truncate_dim: int | None, precision: VectorPrecision
) -> NDArray[Any]:
    """Return vectors with fewer dimensions or bits."""
    cut = vectors if truncate_dim is None else truncate(vectors, truncate_dim)
    return quantize(cut, precision)


def vector_column(texts: Texts, vectors: NDArray[Any]) -> Columns:
    """Return the vectors as a column; missing ones are masked."""
    missing = np.array([row[0] is None for row in texts], dtype=bool)
    if not missing.any():
        return {"vector": vectors}
    return {"vector": np.ma.array(vectors, mask=np.repeat(missing[:, None], vectors.shape[1], 1))}
