"""``tunesmith distill``: distill a model into a static one."""

import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

import tunesmith
from tunesmith.bulk.source import existing_file, non_empty
from tunesmith.bulk.stream import stream_texts
from tunesmith.cli.arguments.options import (
    DATA,
    FORMATS,
    OUTPUT,
    AsJson,
    Encoding,
    Model,
    Overwrite,
    Seed,
    TextColumn,
    named_columns,
)
from tunesmith.cli.render.notes import write_note
from tunesmith.cli.render.output import Output, write_json
from tunesmith.home import current_home
from tunesmith.wording import clean, count, number, plural, share

if TYPE_CHECKING:
    from tunesmith.results.distillation import Distillation

EXAMPLES = """
tunesmith distill tickets-3f2a1c --texts tickets.csv             # creates tickets-3f2a1c-static
tunesmith distill all-MiniLM-L6-v2 --texts log.txt --output fast    # any other model
"""


def distill(
    model: Model,
    texts: Annotated[
        str,
        typer.Option(
            "--texts",
            metavar="FILE",
            help=f"Texts like those the model will encode: {FORMATS}, or lines of text. Required.",
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
            help="Output directory. For a fitted model, the default is a new folder in the model "
            "store.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    overwrite: Overwrite = False,
    columns: TextColumn = None,
    encoding: Encoding = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Distill a model into a static one (~100× faster).

    A static model averages one vector per token and ignores word order. It is trained on the
    embeddings and predictions of the original model, so the texts need no labels. Its quality is
    measured on held-out texts; `tunesmith fit` also reports it on its held-out test set.
    """
    path = existing_file(texts)
    column = named_columns(columns, "text").get("text")
    stream = stream_texts(path, column, encoding=encoding, on_event=write_note)
    batches = non_empty(stream, path.name)
    result = tunesmith.distill(
        model,
        (text for batch in batches for text in batch if text.strip()),
        output=output,
        overwrite=overwrite,
        seed=seed,
        verbose=True,
    )
    if as_json:
        write_json(asdict(result))
    else:
        _write(Output(), result)


def _write(output: Output, result: "Distillation") -> None:
    output.line((result.path.name, "bold"), f"  static model distilled from {clean(result.parent)}")
    holdout = f"on {plural(result.held_out, 'held-out text')}"
    labels = {} if result.same is None else {"same label": f"{share(result.same)}, {holdout}"}
    times = count(round(result.rate / result.parent_rate))
    output.facts(
        {
            "trained on": plural(result.texts, "text"),
            "mean cosine": f"{number(result.cosine)} with the original embeddings, {holdout}",
            **labels,
            "texts per second": f"{count(round(result.rate))}, original "
            f"{count(round(result.parent_rate))} ({times}× faster)",
            "output": str(result.path),
        }
    )
    output.heading("Next steps")
    in_store = result.path.parent == current_home().models
    name = shlex.quote(result.path.name if in_store else str(result.path))
    output.line("  ", (f"tunesmith embed {name} texts.csv -o vectors.parquet", "cyan"))
