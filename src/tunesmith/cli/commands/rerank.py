"""``tunesmith rerank``: what a search finds, in the order of a cross-encoder."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from tunesmith.bulk.search import Hit, search_file
from tunesmith.cli.arguments.options import (
    METHOD,
    AsJson,
    Corpus,
    HitCount,
    Queries,
    TextColumn,
    named_columns,
)
from tunesmith.cli.commands.search import write_hits
from tunesmith.encoders.cross_encoder import CrossEncoder

EXAMPLES = """
tunesmith rerank judge/ "parcel never came" --corpus tickets.csv         # the ten best
tunesmith rerank judge/ "refund" --corpus log.txt --by tickets-3f2a1c    # a model of your own finds
tunesmith rerank judge/ "late" --corpus old.jsonl --columns text=body --json   # for a script
"""


def rerank(
    judge: Annotated[
        str,
        typer.Argument(
            metavar="JUDGE",
            help="A cross-encoder: its folder, its name in the Hugging Face cache, or a model that "
            "--recipe augmented left.",
            show_default=False,
        ),
    ],
    queries: Queries,
    corpus: Corpus,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="MODEL",
            help="The model whose nearest texts are judged.",
            rich_help_panel=METHOD,
        ),
    ] = "all-MiniLM-L6-v2",
    candidates: Annotated[
        int,
        typer.Option(
            "-n",
            metavar="N",
            min=1,
            help="How many of them are judged for each query.",
            rich_help_panel=METHOD,
        ),
    ] = 100,
    k: HitCount = 10,
    columns: TextColumn = None,
    as_json: AsJson = False,
) -> None:
    """Put what a search finds into the order of a cross-encoder.

    A cross-encoder reads query and text at once: slower than vectors, and more exact. So a model
    finds the nearest texts first, and only these are judged. Scores go from 0 to 1.
    """
    model = CrossEncoder(judge, verbose=True)
    column = named_columns(columns, "text").get("text")
    found = search_file(by, queries, corpus, column, max(k, candidates))
    judged = [(query, _judged(model, query, hits)[:k]) for query, hits in found]
    write_hits(judged, as_json=as_json)


def _judged(model: CrossEncoder, query: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return hits with the judge's scores, the best first; equals as they were."""
    scores = model.score([(query, hit.text) for hit in hits])
    rated = [replace(hit, score=float(score)) for hit, score in zip(hits, scores, strict=True)]
    return sorted(rated, key=lambda hit: -hit.score)
