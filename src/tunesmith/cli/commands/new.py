"""``tunesmith new``: an encoder built from parts."""

from typing import Annotated, Any, Literal

import typer

from tunesmith.bulk.source import BATCH, existing_file, some
from tunesmith.bulk.stream import stream_texts
from tunesmith.cli.arguments.options import DATA, FORMS, METHOD, AsJson, TextColumn, named_columns
from tunesmith.cli.render.output import Output, write_json
from tunesmith.encoders.build import Sizes, build, build_from_texts
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import UsageError

EXAMPLES = """
tunesmith new mine --from google-bert/bert-base-uncased             # mean pooling around a BERT
tunesmith new mine --from ./bert --pooling cls --dense 256          # 256 numbers a text
tunesmith new small --texts log.txt --layers 2 --width 128          # from nothing, own vocabulary
"""


def new(  # noqa: PLR0917 - typer calls it, and by names
    out: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER", help="Where the model goes: a new folder.", show_default=False
        ),
    ],
    transformer: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            help="The transformer: a Hugging Face model's name or folder.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    pooling: Annotated[
        Literal["mean", "cls", "max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"],
        typer.Option(
            "--pooling",
            metavar="NAME",
            help="How token vectors become one: mean, cls, max, mean_sqrt_len_tokens, weightedmean "
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
            help="A dense layer of this width behind it.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    activation: Annotated[
        Literal["tanh", "relu", "gelu", "identity"],
        typer.Option(
            "--activation",
            metavar="NAME",
            help="Of the dense layer: tanh, relu, gelu or identity.",
            rich_help_panel=METHOD,
        ),
    ] = "tanh",
    max_length: Annotated[
        int | None,
        typer.Option(
            "--max-length",
            metavar="N",
            min=3,
            help="Tokens after which a text is cut: 256, or the transformer's limit, when not "
            "given.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    plain: Annotated[
        bool,
        typer.Option(
            "--no-normalize",
            help="Leave vectors as long as they come.",
            rich_help_panel=METHOD,
        ),
    ] = False,
    texts: Annotated[
        str | None,
        typer.Option(
            "--texts",
            metavar="FILE",
            help=f"Build from nothing, with a vocabulary learnt from these: {FORMS}, or lines.",
            rich_help_panel=DATA,
        ),
    ] = None,
    columns: TextColumn = None,
    vocabulary: Annotated[
        int,
        typer.Option("--vocabulary", metavar="N", help="Tokens, at most.", rich_help_panel=DATA),
    ] = 8000,
    width: Annotated[
        int, typer.Option("--width", metavar="N", help="Numbers a token.", rich_help_panel=DATA)
    ] = 256,
    layers: Annotated[
        int, typer.Option("--layers", metavar="N", help="Layers.", rich_help_panel=DATA)
    ] = 4,
    heads: Annotated[
        int, typer.Option("--heads", metavar="N", help="Heads a layer.", rich_help_panel=DATA)
    ] = 4,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Of weights that start at random.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Build an encoder from parts: a transformer, pooling, a dense layer.

    From a plain transformer, or, with --texts, a small one from nothing with a vocabulary of its
    own. What starts at random has to be trained before it is of use.
    """
    if (transformer is None) == (texts is None):
        raise UsageError("give either --from a transformer, or --texts to build from nothing")
    parts: dict[str, Any] = {"pooling": pooling, "dense": dense, "activation": activation}
    if texts is None:
        assert transformer is not None
        path = build(
            transformer, out, max_length=max_length, normalize=not plain, seed=seed, **parts
        )
    else:
        source = existing_file(texts)
        batches = some(
            stream_texts(source, named_columns(columns, "text").get("text"), BATCH), source.name
        )
        lines = (text for batch in batches for text in batch if text.strip())
        sizes = Sizes(vocabulary, width, layers, heads, max_length or 256)
        path = build_from_texts(lines, out, sizes=sizes, normalize=not plain, seed=seed, **parts)
    encoder = TextEncoder(path)
    facts = {"path": path, "dimension": encoder.dimension, "max_length": encoder.max_length}
    if as_json:
        write_json(facts)
    else:
        Output().facts({name.replace("_", " "): str(value) for name, value in facts.items()})
