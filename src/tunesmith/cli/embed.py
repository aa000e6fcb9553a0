"""``tunesmith embed``: texts to vectors."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tunesmith.cli.options import OUTPUT, Column, Model, Words

if TYPE_CHECKING:
    from tunesmith.cli.texts import Source

VectorForm = Literal["float32", "float16", "int8", "binary"]  # NumPy is loaded only when it runs
SUFFIXES = (".parquet", ".npy", ".jsonl")
EXAMPLES = """
tunesmith embed tickets-3f2a1c "where is my parcel?"                # a JSON line with the vector
tunesmith embed tickets-3f2a1c texts.csv -o vectors.parquet         # a file of any length
tunesmith embed all-MiniLM-L6-v2 log.jsonl --column body -o v.npy   # a matrix, float32
tunesmith embed tickets-3f2a1c texts.csv -o v.npy --dimension 128 --form int8  # a twelfth
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
    column: Column = None,
    prompt: Annotated[
        str | None,
        typer.Option(
            "--prompt",
            metavar="PROMPT",
            help="A prompt of the model by name, such as query or document, or its words.",
        ),
    ] = None,
    dimension: Annotated[
        int | None,
        typer.Option(
            "--dimension",
            min=1,
            metavar="N",
            help="Keep only the first N numbers of each vector, scaled to length 1 again.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    form: Annotated[
        VectorForm,
        typer.Option(
            "--form",
            metavar="FORM",
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

    Each row becomes its number (from 1), its text, and its vector, of length 1 unless --form says
    otherwise. Memory stays flat
    however long the file is.
    """
    from tunesmith.cli.files import JsonLines, output_path, writing
    from tunesmith.cli.texts import source

    given = source(texts)
    path = None if output is None else output_path(output, SUFFIXES, source=given.path)
    batches = (
        {**batch, "vector": _smaller(batch["vector"], dimension, form)}
        for batch in _vectors(model, given, column, prompt, with_text=not without_text)
    )
    with writing(path) if path else nullcontext(JsonLines(sys.stdout)) as writer:
        for batch in batches:
            writer.write(batch)


def _smaller(vectors: Any, dimension: int | None, form: VectorForm) -> Any:
    from tunesmith.compact import compacted, truncated

    return compacted(vectors if dimension is None else truncated(vectors, dimension), form)


def _vectors(
    model: str, given: "Source", column: str | None, prompt: str | None, *, with_text: bool
) -> Iterator[dict[str, Any]]:
    import numpy as np

    from tunesmith.cli.encoding import encoded, open_encoder
    from tunesmith.cli.texts import measured

    encoder = open_encoder(model)
    stream = measured(given.batches(column))
    encoder.cache = stream.short
    first = 1
    for part in encoded(encoder, stream.batches, prompt):
        rows = np.arange(first, first + len(part.texts))
        texts = {"text": part.texts} if with_text else {}
        yield {"row": rows, **texts, "vector": part.vectors}
        first += len(part.texts)
