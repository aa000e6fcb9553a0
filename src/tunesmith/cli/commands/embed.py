"""``tunesmith embed``: compute the embeddings of texts."""

import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from tunesmith.bulk.embed import FORMATS, compressed, embed_file, embed_rows
from tunesmith.bulk.source import Source
from tunesmith.bulk.writers import JsonLines, output_path, writing
from tunesmith.cli.arguments.inputs import require_no_file_options, source
from tunesmith.cli.arguments.options import (
    OUTPUT,
    Encoding,
    Model,
    TextColumn,
    Words,
    named_columns,
)
from tunesmith.cli.remote import encoder, file_encoder, note_plain_vectors
from tunesmith.cli.render.notes import write_note
from tunesmith.vectors.compress import VectorPrecision

EXAMPLES = """
tunesmith embed tickets-3f2a1c "where is my parcel?"                # one JSON line with the vector
tunesmith embed tickets-3f2a1c texts.csv -o vectors.parquet         # a file of any size
tunesmith embed all-MiniLM-L6-v2 log.jsonl --columns text=body -o v.npy   # float32 matrix
tunesmith embed tickets-3f2a1c texts.csv -o v.npy --truncate-dim 128 --precision int8  # 12× smaller
cat texts.txt | tunesmith embed all-MiniLM-L6-v2 - > vectors.jsonl  # one text per line
"""


def embed(  # noqa: PLR0917 - typer calls it, and by names
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
    encoding: Encoding = None,
    prompt: Annotated[
        str | None,
        typer.Option(
            "--prompt",
            metavar="PROMPT",
            help="Name of one of the model's prompts, such as query or document, or the prompt "
            "text.",
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
        typer.Option("--no-text", help="Leave out the text column.", rich_help_panel=OUTPUT),
    ] = False,
) -> None:
    """Compute embeddings of texts or of a file.

    Each output row holds the row number (from 1), all columns of the file and the embedding,
    L2-normalised unless --precision changes it. The text column is the one that the model was
    trained on, if the file has it. Memory use does not grow with the file. To resume an interrupted
    run, repeat the command.
    """
    given = source(texts)
    path = None if output is None else output_path(output, FORMATS, source=given.path)
    column = named_columns(columns, "text").get("text")
    settings: dict[str, Any] = {
        "prompt": prompt,
        "truncate_dim": truncate_dim,
        "precision": precision,
        "with_text": not without_text,
        "columns": column,
        "encoding": encoding,
        "on_event": write_note,
    }
    if prompt is None:
        note_plain_vectors(model, "encode queries with --prompt query")
    if given.path is None:
        require_no_file_options(column, encoding)
        _embed_texts(model, given, path, settings)
    elif path is None:
        writer = JsonLines(sys.stdout)
        for batch in embed_rows(file_encoder(model), given.path, **settings):
            writer.write(batch)
    else:
        _embed_file(model, given.path, path, settings)


def _embed_file(model: str, source: Path, output: Path, settings: Mapping[str, Any]) -> None:
    try:
        embed_file(file_encoder(model), source, output, **settings)
    except KeyboardInterrupt:
        typer.echo("finished parts are kept: repeat the command to resume", err=True)
        raise


def _embed_texts(
    model: str, given: Source, output: Path | None, settings: Mapping[str, Any]
) -> None:
    """Write the vectors of texts from the arguments or standard input."""
    opened = encoder(model)
    opened.cache = not given.streamed
    first = 1
    with writing(output) if output else nullcontext(JsonLines(sys.stdout)) as writer:
        for texts in given.batches():
            vectors = opened.encode(texts, prompt=settings["prompt"])
            small = compressed(vectors, settings["truncate_dim"], settings["precision"])
            shown = {"text": texts} if settings["with_text"] else {}
            writer.write({"row": np.arange(first, first + len(texts)), **shown, "vector": small})
            first += len(texts)
