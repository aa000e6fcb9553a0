"""``tunesmith rerank``: rerank search results with a cross-encoder."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from tunesmith.bulk.search import Hit, search_file
from tunesmith.cli.arguments.options import (
    METHOD,
    AsJson,
    Corpus,
    Encoding,
    HitCount,
    Queries,
    TextColumn,
    named_columns,
)
from tunesmith.cli.commands.search import write_hits
from tunesmith.cli.render.notes import write_note
from tunesmith.encoders.cross_encoder import CrossEncoder

EXAMPLES = """
tunesmith rerank judge/ "parcel never came" --corpus tickets.csv         # ten results
tunesmith rerank judge/ "refund" --corpus log.txt --by tickets-3f2a1c    # your own retriever
tunesmith rerank judge/ "late" --corpus old.jsonl --columns text=body --json   # as JSON
"""


def rerank(  # noqa: PLR0917 - typer calls it, and by names
    judge: Annotated[
        str,
        typer.Argument(
            metavar="JUDGE",
            help="Cross-encoder: a folder, a name in the Hugging Face cache, or a model fitted "
            "with --recipe augmented.",
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
            help="Embedding model that retrieves the candidates.",
            rich_help_panel=METHOD,
        ),
    ] = "all-MiniLM-L6-v2",
    candidates: Annotated[
        int,
        typer.Option(
            "-n",
            metavar="N",
            min=1,
            help="Number of candidates to rerank per query.",
            rich_help_panel=METHOD,
        ),
    ] = 100,
    k: HitCount = 10,
    columns: TextColumn = None,
    encoding: Encoding = None,
    as_json: AsJson = False,
) -> None:
    """Rerank search results with a cross-encoder.

    An embedding model retrieves the nearest texts, and a cross-encoder scores each with the query.
    This is slower than search alone, and more accurate. Scores range from 0 to 1.
    """
    model = CrossEncoder(judge, verbose=True)
    column = named_columns(columns, "text").get("text")
    found = search_file(
        by,
        queries,
        corpus,
        columns=column,
        k=max(k, candidates),
        encoding=encoding,
        on_event=write_note,
    )
    reranked = [(query, _rerank(model, query, hits)[:k]) for query, hits in found]
    write_hits(reranked, as_json=as_json)


def _rerank(model: CrossEncoder, query: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return hits with scores of the cross-encoder, best first; ties keep their order."""
    scores = model.score([(query, hit.text) for hit in hits])
    scored = [replace(hit, score=float(score)) for hit, score in zip(hits, scores, strict=True)]
    return sorted(scored, key=lambda hit: -hit.score)
