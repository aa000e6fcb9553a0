"""``tunesmith classify``: predict the labels of texts."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Annotated, Any

import typer
from rich.text import Text

from tunesmith.bulk.classify import LabelledText, classify_texts, flat_columns
from tunesmith.bulk.writers import Csv, JsonLines, output_path, writing
from tunesmith.cli.arguments.inputs import source
from tunesmith.cli.arguments.options import (
    OUTPUT,
    AsJsonLines,
    FittedModel,
    TextColumn,
    Words,
    named_columns,
)
from tunesmith.cli.render.output import Output, TableColumn
from tunesmith.models.model import load
from tunesmith.wording import cut, number

SUFFIXES = (".csv", ".jsonl", ".parquet")
EXAMPLES = """
tunesmith classify tickets-3f2a1c "where is my parcel?"            # label and probability
tunesmith classify tickets-3f2a1c "it broke" "late again" --top 3  # the three most likely
tunesmith classify tickets-3f2a1c new.csv -o labelled.csv          # a file of any size
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
    top: Annotated[
        int,
        typer.Option(
            "--top",
            metavar="N",
            min=1,
            help="Also return the N most likely labels of each text.",
            rich_help_panel=OUTPUT,
        ),
    ] = 1,
    as_json: AsJsonLines = False,
) -> None:
    """Predict labels for texts or for each row of a file.

    Returns the label of each text and the probability of its most likely label. If texts can have
    several labels, all predicted labels are listed, separated by "; ".
    """
    given = source(texts)
    path = None if output is None else output_path(output, SUFFIXES, source=given.path)
    column = named_columns(columns, "text").get("text")
    labelled = classify_texts(load(model, verbose=True), given, column)
    if path is None and not given.streamed and not as_json:
        _write_table([item for batch in labelled for item in batch], top)
        return
    to_stdout = JsonLines(sys.stdout) if as_json else Csv(sys.stdout)
    nested = path.suffix == ".jsonl" if path else as_json
    with writing(path) if path else nullcontext(to_stdout) as writer:
        for batch in labelled:
            writer.write(_nested(batch, top) if nested else flat_columns(batch, top))


def _nested(batch: Sequence[LabelledText], top: int) -> dict[str, list[Any]]:
    found = [item.prediction for item in batch]
    return {
        "row": [item.row for item in batch],
        "text": [item.text for item in batch],
        "labels": [None if one is None else one.labels for one in found],
        "probability": [None if one is None else one.probability for one in found],
        "top": [
            [{"label": label, "probability": value} for label, value in item.top(top)]
            for item in batch
        ],
    }


def _write_table(items: Sequence[LabelledText], top: int) -> None:
    output = Output()
    columns = [
        TableColumn("text", fold=True),
        TableColumn("label", fold=True),
        TableColumn("probability", right=True),
    ]
    rows: list[list[Any]] = []
    for item in items:
        predicted = () if item.prediction is None else item.prediction.labels
        ranked = item.top(max(top, len(predicted), 1))
        for rank, (label, value) in enumerate(ranked):
            name = Text(cut(label, 80), style="bold" if label in predicted else "dim")
            text = cut(item.text, 80) if rank == 0 else ""
            rows.append([text, name, number(value), output.bar(value)])
    output.table([*columns, TableColumn("")], rows)
