"""``tunesmith embed``: compute the embeddings of texts."""

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
tunesmith embed tickets-3f2a1c "where is my parcel?"                # one JSON line with the vector
tunesmith embed tickets-3f2a1c texts.csv -o vectors.parquet         # a file of any size
tunesmith embed all-MiniLM-L6-v2 log.jsonl --columns text=body -o v.npy   # float32 matrix
tunesmith embed tickets-3f2a1c texts.csv -o v.npy --truncate-dim 128 --precision int8  # 12× smaller
cat texts.txt | tunesmith embed all-MiniLM-L6-v2 - > vectors.jsonl  # one text per line
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
            help="Output file: .parquet, .npy or .jsonl. Default: JSON lines to standard output.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    columns: TextColumn = None,
    prompt: Annotated[
        str | None,
        typer.Option(
            "--prompt",
            metavar="PROMPT",
            help="Name of a prompt of the model, such as query or document, or the prompt text.",
        ),
    ] = None,
    truncate_dim: Annotated[
        int | None,
        typer.Option(
            "--truncate-dim",
            min=1,
            metavar="N",
            help="Truncate embeddings to N dimensions and L2-normalise them again.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    precision: Annotated[
        VectorPrecision,
        typer.Option(
            "--precision",
            metavar="PRECISION",
            help="float32, float16, int8 or binary (packed bits).",
            rich_help_panel=OUTPUT,
        ),
    ] = "float32",
    without_text: Annotated[
        bool,
        typer.Option(
            "--no-text", help="Do not include the texts in the output.", rich_help_panel=OUTPUT
        ),
    ] = False,
) -> None:
    """Compute embeddings of texts or of a file.

    Each output row holds the row number (from 1), the text and its embedding, L2-normalised unless
    --precision changes it. Memory use does not grow with the file. To resume an interrupted run,
    repeat the command.
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
        typer.echo("finished parts are kept: repeat the command to resume", err=True)
        raise
