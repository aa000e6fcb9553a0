"""``tunesmith classify``: predict the labels of texts."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.text import Text

from tunesmith.bulk.classify import FORMATS, classify_file, classify_rows
from tunesmith.bulk.predictions import flat_columns, nested_columns
from tunesmith.bulk.source import Source
from tunesmith.bulk.writers import Csv, JsonLines, output_path, writing
from tunesmith.cli.arguments.inputs import require_no_file_options, source
from tunesmith.cli.arguments.options import (
    OUTPUT,
    AsJsonLines,
    Encoding,
    FittedModel,
    TextColumn,
    Words,
    named_columns,
)
from tunesmith.cli.remote import file_predictor, predictor
from tunesmith.cli.render.notes import write_note
from tunesmith.cli.render.output import Output, TableColumn
from tunesmith.models.predictor import Prediction
from tunesmith.wording import cut, number

_MARK = "unlike the training texts"

EXAMPLES = """
tunesmith classify tickets-3f2a1c "where is my parcel?"            # label and probability
tunesmith classify tickets-3f2a1c "it broke" "late again" --top 3  # the three most likely
tunesmith classify tickets-3f2a1c new.csv -o labelled.csv          # a file of any size
tunesmith classify tickets-3f2a1c new.csv --min-probability 0.8    # no label if less certain
"""


def classify(
    model: FittedModel,
    texts: Words,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Output file: .csv, .jsonl or .parquet. By default, results for a file go to "
            "standard output as CSV.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    columns: TextColumn = None,
    encoding: Encoding = None,
    top: Annotated[
        int,
        typer.Option(
            "--top",
            metavar="N",
            min=1,
            help="Also return the N most likely labels for each text.",
            rich_help_panel=OUTPUT,
        ),
    ] = 1,
    min_probability: Annotated[
        float,
        typer.Option(
            "--min-probability",
            metavar="P",
            min=0.0,
            max=1.0,
            help="Minimum probability of the most likely label, 0 to 1. Less certain texts get no "
            "label.",
            rich_help_panel=OUTPUT,
        ),
    ] = 0.0,
    as_json: AsJsonLines = False,
) -> None:
    """Predict labels for texts or for each row of a file.

    Returns the label of each text and the probability of its most likely label. If texts can have
    several labels, all predicted labels are listed, separated by "; ". With --min-probability, the
    label is empty (null in JSON) for texts whose most likely label is less probable.

    Texts unlike the training texts are marked: their probabilities cannot be trusted. In files and
    JSON, the column "familiar" is false for them. Only models that were fitted in folds on this
    machine have this mark.

    For a file, all its columns are in the output, and the text column is the one that the model was
    trained on. An interrupted run that writes to a file resumes when the command is repeated.
    """
    given = source(texts)
    path = None if output is None else output_path(output, FORMATS, source=given.path)
    column = named_columns(columns, "text").get("text")
    if given.path is None:
        require_no_file_options(column, encoding)
        _classify_texts(model, given, path, top, min_probability, as_json=as_json)
    elif path is None:
        writer = JsonLines(sys.stdout) if as_json else Csv(sys.stdout)
        rows = classify_rows(
            file_predictor(model),
            given.path,
            columns=column,
            top=top,
            min_probability=min_probability,
            encoding=encoding,
            nested=as_json,
            on_event=write_note,
        )
        for batch in rows:
            writer.write(batch)
    else:
        classify_file(
            file_predictor(model),
            given.path,
            path,
            columns=column,
            top=top,
            min_probability=min_probability,
            encoding=encoding,
            on_event=write_note,
        )


def _classify_texts(
    name: str,
    given: Source,
    output: Path | None,
    top: int,
    min_probability: float,
    *,
    as_json: bool,
) -> None:
    """Write the labels of texts from the arguments or standard input."""
    model = predictor(name)
    if output is None and not given.streamed and not as_json:
        predictions = model.classify(given.texts, min_probability=min_probability)
        _write_table(given.texts, predictions, top)
        return
    nested = output.suffix == ".jsonl" if output else as_json
    form = nested_columns if nested else flat_columns
    if not model.labels:
        model.require_classifier()
    first = 1
    to_stdout = JsonLines(sys.stdout) if as_json else Csv(sys.stdout)
    with writing(output) if output else nullcontext(to_stdout) as writer:
        for texts in given.batches():
            found = form(model, model.classify(texts, min_probability=min_probability), top)
            numbers = np.arange(first, first + len(texts))
            writer.write({"row": numbers, "text": texts, **found})
            first += len(texts)


def _write_table(texts: Sequence[str], predictions: Sequence[Prediction], top: int) -> None:
    output = Output()
    columns = [
        TableColumn("text", fold=True),
        TableColumn("label", fold=True),
        TableColumn("probability", right=True),
    ]
    marked = any(prediction.familiar is False for prediction in predictions)
    rows: list[list[Any]] = []
    for given, prediction in zip(texts, predictions, strict=True):
        ranked = prediction.ranked[: max(top, len(prediction.labels), 1)]
        for rank, (label, value) in enumerate(ranked):
            name = _label_cell(label, prediction, first=rank == 0)
            text = cut(given, 80) if rank == 0 else ""
            mark = _MARK if rank == 0 and prediction.familiar is False else ""
            rows.append([text, name, number(value), output.bar(value), *([mark] * marked)])
    output.table([*columns, TableColumn(""), *([TableColumn("", fold=True)] * marked)], rows)


def _label_cell(label: str, prediction: Prediction, *, first: bool) -> Text:
    if prediction.abstained and first:
        return Text(f"none (most likely {cut(label, 60)})", style="dim")
    return Text(cut(label, 80), style="bold" if label in prediction.labels else "dim")
