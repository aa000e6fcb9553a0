"""``tunesmith embed``: texts to vectors."""

import sys
from contextlib import nullcontext
from typing import Annotated

import typer

from tunesmith.bulk.embed import EmbeddingJob, write_vectors
from tunesmith.bulk.writers import JsonLines, output_path, writing
from tunesmith.cli.arguments.inputs import source
from tunesmith.cli.arguments.options import OUTPUT, Model, TextColumn, Words, named_columns
from tunesmith.vectors.compress import VectorPrecision

SUFFIXES = (".parquet", ".npy", ".jsonl")
EXAMPLES = """
tunesmith embed tickets-3f2a1c "where is my parcel?"                # a JSON line with the vector
tunesmith embed tickets-3f2a1c texts.csv -o vectors.parquet         # a file of any length
tunesmith embed all-MiniLM-L6-v2 log.jsonl --columns text=body -o v.npy   # a matrix, float32
tunesmith embed tickets-3f2a1c texts.csv -o v.npy --truncate-dim 128 --precision int8  # a twelfth
cat texts.txt | tunesmith embed all-MiniLM-L6-v2 - > vectors.jsonl  # a text a line
"""


def embed(
    model: Model,
    texts: Words,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to this .parquet, .npy or .jsonl file. JSON lines to standard output "
            "when not given.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    columns: TextColumn = None,
    prompt: Annotated[
        str | None,
        typer.Option(
            "--prompt",
            metavar="PROMPT",
            help="A prompt of the model by name, such as query or document, or its words.",
        ),
    ] = None,
    truncate_dim: Annotated[
        int | None,
        typer.Option(
            "--truncate-dim",
            min=1,
            metavar="N",
            help="Keep only the first N numbers of each vector, scaled to length 1 again.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    precision: Annotated[
        VectorPrecision,
        typer.Option(
            "--precision",
            metavar="PRECISION",
            help="Bits a number: float32, float16, int8 (cosines stay), or binary (its sign, 8 "
            "to a byte).",
            rich_help_panel=OUTPUT,
        ),
    ] = "float32",
    without_text: Annotated[
        bool,
        typer.Option(
            "--no-text", help="Leave the texts out of what is written.", rich_help_panel=OUTPUT
        ),
    ] = False,
) -> None:
    """Turn texts, or a file of texts, into vectors.

    Each row becomes its number (from 1), its text, and its vector, of length 1 unless --precision
    says otherwise. Memory stays flat however long the file is, and the same command resumes a run
    that was stopped.
    """
    given = source(texts)
    path = None if output is None else output_path(output, SUFFIXES, source=given.path)
    column = named_columns(columns, "text").get("text")
    job = EmbeddingJob(model, column, prompt, truncate_dim, precision)
    if path is None or given.path is None:
        with writing(path) if path else nullcontext(JsonLines(sys.stdout)) as writer:
            write_vectors(writer, job.stream(given), with_text=not without_text)
        return
    try:
        with (
            job.resumable(given.path, path) as run,
            writing(path, stamp=run.stamp, aside=run.folder) as writer,
        ):
            write_vectors(writer, run.parts, with_text=not without_text)
    except KeyboardInterrupt:
        typer.echo("finished parts are kept: the same command goes on from there", err=True)
        raise
