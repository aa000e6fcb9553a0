"""``tunesmith new``: build an encoder from parts."""

from typing import Annotated, Any, Literal

import typer

from tunesmith.bulk.source import existing_file, non_empty
from tunesmith.bulk.stream import stream_texts
from tunesmith.cli.arguments.options import (
    DATA,
    FORMATS,
    METHOD,
    AsJson,
    Encoding,
    TextColumn,
    named_columns,
)
from tunesmith.cli.render.notes import write_note
from tunesmith.cli.render.output import Output, write_json
from tunesmith.encoders.build import Sizes, build, build_from_texts
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import UsageError

EXAMPLES = """
tunesmith new mine --from google-bert/bert-base-uncased             # BERT with mean pooling
tunesmith new mine --from ./bert --pooling cls --dense 256          # 256 dimensions
tunesmith new small --texts log.txt --layers 2 --width 128          # from scratch
"""


def new(  # noqa: PLR0917 - typer calls it, and by names
    out: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER", help="Output directory; must not exist.", show_default=False
        ),
    ],
    transformer: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            help="Transformer: name or folder of a Hugging Face model.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    pooling: Annotated[
        Literal["mean", "cls", "max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"],
        typer.Option(
            "--pooling",
            metavar="NAME",
            help="Pooling of token embeddings: mean, cls, max, mean_sqrt_len_tokens, weightedmean "
            "or lasttoken.",
            rich_help_panel=METHOD,
        ),
    ] = "mean",
    dense: Annotated[
        int | None,
        typer.Option(
            "--dense",
            metavar="N",
            min=1,
            help="Output size of a dense layer after pooling.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    activation: Annotated[
        Literal["tanh", "relu", "gelu", "identity"],
        typer.Option(
            "--activation",
            metavar="NAME",
            help="Activation of the dense layer: tanh, relu, gelu or identity.",
            rich_help_panel=METHOD,
        ),
    ] = "tanh",
    max_length: Annotated[
        int | None,
        typer.Option(
            "--max-length",
            metavar="N",
            min=3,
            help="Maximum number of tokens per text. Default: the transformer's limit, or 256 with "
            "--texts.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    plain: Annotated[
        bool,
        typer.Option(
            "--no-normalize",
            help="Do not L2-normalise the embeddings.",
            rich_help_panel=METHOD,
        ),
    ] = False,
    texts: Annotated[
        str | None,
        typer.Option(
            "--texts",
            metavar="FILE",
            help=f"Build from scratch, with a vocabulary from these texts: {FORMATS}, or lines of "
            "text.",
            rich_help_panel=DATA,
        ),
    ] = None,
    columns: TextColumn = None,
    encoding: Encoding = None,
    vocabulary: Annotated[
        int,
        typer.Option(
            "--vocabulary", metavar="N", help="Maximum vocabulary size.", rich_help_panel=DATA
        ),
    ] = 8000,
    width: Annotated[
        int, typer.Option("--width", metavar="N", help="Hidden size.", rich_help_panel=DATA)
    ] = 256,
    layers: Annotated[
        int,
        typer.Option(
            "--layers", metavar="N", help="Number of transformer layers.", rich_help_panel=DATA
        ),
    ] = 4,
    heads: Annotated[
        int,
        typer.Option(
            "--heads", metavar="N", help="Number of attention heads.", rich_help_panel=DATA
        ),
    ] = 4,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Random seed for new weights.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Build an encoder from a transformer, pooling and a dense layer.

    Starts from a plain transformer (--from) or, with --texts, builds a small one from scratch with
    its own vocabulary. Randomly initialised weights must be trained before use.
    """
    if (transformer is None) == (texts is None):
        raise UsageError(
            "give either --from a transformer, or --texts to build from scratch", option="from"
        )
    parts: dict[str, Any] = {"pooling": pooling, "dense": dense, "activation": activation}
    if texts is None:
        assert transformer is not None
        path = build(
            transformer, out, max_length=max_length, normalize=not plain, seed=seed, **parts
        )
    else:
        source = existing_file(texts)
        column = named_columns(columns, "text").get("text")
        stream = stream_texts(source, column, encoding=encoding, on_event=write_note)
        batches = non_empty(stream, source.name)
        lines = (text for batch in batches for text in batch if text.strip())
        sizes = Sizes(vocabulary, width, layers, heads, max_length or 256)
        path = build_from_texts(lines, out, sizes=sizes, normalize=not plain, seed=seed, **parts)
    encoder = TextEncoder(path)
    facts = {"path": path, "dimension": encoder.dimension, "max_length": encoder.max_length}
    if as_json:
        write_json(facts)
    else:
        Output().facts({name.replace("_", " "): str(value) for name, value in facts.items()})
