"""``tunesmith classify``: texts to labels."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunesmith.cli.options import OUTPUT, AsJsonLines, Column, FittedModel, Words

if TYPE_CHECKING:
    from tunesmith.cli.texts import Source
    from tunesmith.models import Model, Prediction

SUFFIXES = (".csv", ".jsonl", ".parquet")
EXAMPLES = """
tunesmith classify tickets-3f2a1c "where is my parcel?"            # label and probability
tunesmith classify tickets-3f2a1c "it broke" "late again" --top 3  # the three likeliest
tunesmith classify tickets-3f2a1c new.csv -o labelled.csv          # a file of any length
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
            help="Write to this .csv, .jsonl or .parquet file. What comes from a file goes to "
            "standard output as CSV when not given.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    column: Column = None,
    top: Annotated[
        int,
        typer.Option(
            "--top",
            metavar="N",
            min=1,
            help="Also give the N likeliest labels of each text.",
            rich_help_panel=OUTPUT,
        ),
    ] = 1,
    as_json: AsJsonLines = False,
) -> None:
    """Give labels to texts, or to each row of a file.

    Each text gets its label and the probability of the likeliest. Where texts can have several
    labels, all that are given are listed, separated by "; ".
    """
    from tunesmith.cli.files import Csv, JsonLines, output_path, writing
    from tunesmith.cli.texts import source
    from tunesmith.models import load

    given = source(texts)
    path = None if output is None else output_path(output, SUFFIXES, source=given.path)
    labelled = _labelled(load(model, verbose=True), given, column)
    if path is None and not given.streamed and not as_json:
        _write_table([item for batch in labelled for item in batch], top)
        return
    to_stdout = JsonLines(sys.stdout) if as_json else Csv(sys.stdout)
    nested = path.suffix == ".jsonl" if path else as_json
    with writing(path) if path else nullcontext(to_stdout) as writer:
        for batch in labelled:
            writer.write(_nested(batch, top) if nested else _flat(batch, top))


@dataclass(frozen=True)
class Labelled:
    """A text, its row number, and what the model says of it."""

    row: int
    text: str
    prediction: "Prediction"

    def top(self, number: int) -> list[tuple[str, float]]:
        """Return the likeliest labels with their probabilities."""
        every = self.prediction.probabilities.items()
        return sorted(every, key=lambda item: -item[1])[:number]


def _labelled(model: "Model", given: "Source", column: str | None) -> Iterator[list[Labelled]]:
    from tunesmith.cli.texts import measured

    stream = measured(given.batches(column))
    model = replace(model, cache=stream.short)
    first = 1
    for batch in stream.batches:
        items = zip(count(first), batch, model.classify(batch), strict=False)
        yield [Labelled(*item) for item in items]
        first += len(batch)


def _flat(batch: Sequence[Labelled], top: int) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        "row": [item.row for item in batch],
        "text": [item.text for item in batch],
        "label": ["; ".join(item.prediction.labels) for item in batch],
        "probability": [item.prediction.probability for item in batch],
    }
    if top > 1:
        ranked = [item.top(top) for item in batch]
        for place in range(min(map(len, ranked))):
            columns[f"top_{place + 1}"] = [labels[place][0] for labels in ranked]
            columns[f"probability_{place + 1}"] = [labels[place][1] for labels in ranked]
    return columns


def _nested(batch: Sequence[Labelled], top: int) -> dict[str, list[Any]]:
    return {
        "row": [item.row for item in batch],
        "text": [item.text for item in batch],
        "labels": [item.prediction.labels for item in batch],
        "probability": [item.prediction.probability for item in batch],
        "top": [
            [{"label": label, "probability": value} for label, value in item.top(top)]
            for item in batch
        ],
    }


def _write_table(items: Sequence[Labelled], top: int) -> None:
    from rich.text import Text

    from tunesmith.cli.output import Column, Output
    from tunesmith.report.words import cut, number

    output = Output()
    columns = [
        Column("text", fold=True),
        Column("label", fold=True),
        Column("probability", right=True),
    ]
    rows: list[list[Any]] = []
    for item in items:
        given = item.prediction.labels
        ranked = item.top(max(top, len(given), 1))
        for place, (label, value) in enumerate(ranked):
            name = Text(cut(label, 80), style="bold" if label in given else "dim")
            text = cut(item.text, 80) if place == 0 else ""
            rows.append([text, name, number(value), output.bar(value)])
    output.table([*columns, Column("")], rows)
