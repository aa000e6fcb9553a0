"""``tunesmith distill``: a static model of a model."""

import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

import tunesmith
from tunesmith.bulk.source import BATCH, existing_file, some
from tunesmith.bulk.stream import stream_texts
from tunesmith.cli.arguments.options import (
    DATA,
    FORMS,
    OUTPUT,
    AsJson,
    Model,
    Seed,
    TextColumn,
    named_columns,
)
from tunesmith.cli.render.output import Output, write_json
from tunesmith.home import models_folder
from tunesmith.wording import clean, count, number, plural, share

if TYPE_CHECKING:
    from tunesmith.results.summary import Distillation

EXAMPLES = """
tunesmith distill tickets-3f2a1c --texts tickets.csv             # becomes tickets-3f2a1c-static
tunesmith distill all-MiniLM-L6-v2 --texts log.txt --output fast    # of a model that was not fitted
"""


def distill(
    model: Model,
    texts: Annotated[
        str,
        typer.Option(
            "--texts",
            metavar="FILE",
            help=f"Texts like those it will be used on: {FORMS}, or lines of text. Required.",
            show_default=False,
            rich_help_panel=DATA,
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Where it goes. For a fitted model a folder in the home when not given.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    columns: TextColumn = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Make a static model, some hundred times as fast, of any model.

    It has a vector for each token and takes their mean; word order is lost. It learns from the
    model's own vectors and labels of the texts, so the texts need no labels. Measured on texts that
    are held out; a fit measures the same on its sealed test.
    """
    path = existing_file(texts)
    column = named_columns(columns, "text").get("text")
    batches = some(stream_texts(path, column, BATCH), path.name)
    result = tunesmith.distill(
        model,
        (text for batch in batches for text in batch if text.strip()),
        output=output,
        seed=seed,
        verbose=True,
    )
    if as_json:
        write_json(asdict(result))
    else:
        _write(Output(), result)


def _write(output: Output, result: "Distillation") -> None:
    output.line((result.path.name, "bold"), f"  a static model of {clean(result.parent)}")
    unseen = f"on {plural(result.held_out, 'text')} that it was not trained on"
    labels = {} if result.same is None else {"same labels": f"{share(result.same)}, {unseen}"}
    times = count(round(result.rate / result.parent_rate))
    output.facts(
        {
            "learned from": plural(result.texts, "text"),
            "mean cosine": f"{number(result.cosine)} with its parent's vectors, {unseen}",
            **labels,
            "texts a second": f"{count(round(result.rate))}, its parent "
            f"{count(round(result.parent_rate))} ({times} times)",
            "lies at": str(result.path),
        }
    )
    output.heading("Next")
    at_home = result.path.parent == models_folder()
    name = shlex.quote(result.path.name if at_home else str(result.path))
    output.line("  ", (f"tunesmith embed {name} texts.csv -o vectors.parquet", "cyan"))
