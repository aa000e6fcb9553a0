"""Predict labels for each row of a file, resumable."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.bulk.columns import trained_columns
from tunesmith.bulk.embed import TEXT_ROLES
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
from tunesmith.bulk.predictions import (
    FilePredictor,
    flat_columns,
    nested_columns,
    prediction_job,
)
from tunesmith.bulk.source import CACHED_ROWS
from tunesmith.bulk.stream import about_rows
from tunesmith.bulk.writers import output_path
from tunesmith.events import OnEvent, ignore
from tunesmith.models.model import Model, load
from tunesmith.models.predictor import check_min_probability, predictions
from tunesmith.progress import Advance
from tunesmith.stop import Stop

FORMATS = (".csv", ".jsonl", ".parquet")


def classify_file(  # noqa: PLR0913 - one for each property of the output
    model: str | Path | FilePredictor,
    source: str | Path,
    output: str | Path,
    *,
    columns: str | None = None,
    top: int = 1,
    min_probability: float = 0.0,
    encoding: str | None = None,
    on_event: OnEvent = ignore,
    stop: Stop | None = None,
) -> FileResult:
    """Write the predicted labels of a file's texts, with all its columns.

    An interrupted run resumes.

    Parameters
    ----------
    model
        The id or folder of a model fitted on labels, or another predictor.
    source
        A file of texts in any supported format, of any length.
    output
        ``.csv``, ``.jsonl`` or ``.parquet``.
    columns
        The column with the texts, or several joined by ``+``; by default the column that the model
        was trained on, or the detected one.
    top
        The number of most likely labels in the output.
    min_probability
        Minimum probability, 0 to 1. If the most probable label of a text is less probable, its
        label is missing; the probability is not.
    encoding
        The file's encoding, such as ``"gb18030"``; detected if None.
    on_event
        Receives a note with the column that was taken.
    stop
        A token that ends the run; finished parts of 4,096 rows are kept.

    Returns
    -------
    The output file, the number of rows and of missing texts, and the column that was taken. A
    missing text has a missing label. If the model can tell, the column ``familiar`` is whether the
    text resembles the training texts.

    Raises
    ------
    DataError
        The file cannot be read, or several columns could hold the texts.
    UsageError
        The model has no classifier, the column does not exist, the output has another ending, or
        the minimum probability is not between 0 and 1.
    OutputError
        The output cannot be written.
    UnknownModel, DamagedModel
        The model cannot be loaded.
    Cancelled
        The token was set; the same call resumes.

    Examples
    --------
    >>> classify_file("tickets-3f2a1c", "examples/texts.txt", "labelled.csv").rows
    60
    """
    out = output_path(str(output), FORMATS, source=Path(source))
    nested = out.suffix.lower() == ".jsonl"
    job = _job(_opened(model, Path(source)), top, min_probability, nested=nested)
    given = Given(columns, encoding)
    return write_file(job, source, out, given, on_event=on_event, stop=stop)


def classify_rows(
    model: str | Path | FilePredictor,
    source: str | Path,
    *,
    columns: str | None = None,
    top: int = 1,
    min_probability: float = 0.0,
    nested: bool = False,
    encoding: str | None = None,
    on_event: OnEvent = ignore,
) -> Iterator[Columns]:
    """Yield batches of a file's rows with their predicted labels, as columns.

    Parameters and errors are those of :func:`classify_file`. ``nested`` returns lists of labels, as
    in JSON, instead of a column for each.

    Returns
    -------
    Dictionaries with the row numbers (from 1), the columns of the file, ``label`` (several are
    joined by ``"; "``), ``probability`` and, if the model can tell, ``familiar``; nested:
    ``labels``, ``probability``, ``familiar`` and ``top``.

    Examples
    --------
    >>> batch = next(classify_rows("tickets-3f2a1c", "examples/texts.txt"))
    >>> list(batch), len(batch["label"])
    (['row', 'text', 'label', 'probability'], 60)
    """
    job = _job(_opened(model, Path(source)), top, min_probability, nested=nested)
    yield from rows_of(job, source, Given(columns, encoding), on_event=on_event)


def _opened(name: str | Path | FilePredictor, source: Path) -> Model | FilePredictor:
    if not isinstance(name, str | Path):
        return name
    rows = about_rows(source) if source.is_file() else None
    return replace(load(name), cache=rows is not None and rows <= CACHED_ROWS)


def _job(model: Model | FilePredictor, top: int, min_probability: float, *, nested: bool) -> Job:
    check_min_probability(min_probability)
    if not isinstance(model, Model):
        return prediction_job(model, top, min_probability, nested=nested)
    classifier, familiar = model.require_classifier(), model.familiar_texts
    encoder, n_labels = model.text_encoder, len(model.labels)

    def compute(texts: Texts, advance: Advance) -> NDArray[Any]:
        """Return the probability of each label and, if known, a last column: 1 if familiar."""

        def encode(known: list[str]) -> NDArray[Any]:
            vectors = encoder.encode(known, advance=advance)
            probabilities = classifier.probabilities(vectors)
            if familiar is None:
                return probabilities
            return np.column_stack([probabilities, familiar.include(vectors).astype(np.float32)])

        return with_gaps(texts, encode, advance)

    def columns(_: Texts, values: NDArray[Any]) -> Columns:
        flags = None if familiar is None else values[:, n_labels] == 1
        found = predictions(classifier, values[:, :n_labels], min_probability, flags)
        return (nested_columns if nested else flat_columns)(model, found, top)

    threshold = None if familiar is None else familiar.threshold
    return Job(
        compute=compute,
        columns=columns,
        plan={"model": model.digest, "task": "classify", "familiar": threshold},
        trained=trained_columns(model.metadata, TEXT_ROLES),
        tokens=encoder,
    )
