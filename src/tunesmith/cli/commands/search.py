"""``tunesmith search``: the texts of a file that are nearest to a query."""

from collections.abc import Sequence
from typing import Any

from tunesmith.bulk.search import Hit, search_file
from tunesmith.cli.arguments.options import (
    AsJson,
    Corpus,
    HitCount,
    Model,
    Queries,
    TextColumn,
    named_columns,
)
from tunesmith.cli.render.output import Output, TableColumn, write_json
from tunesmith.wording import count as written
from tunesmith.wording import cut, number

EXAMPLES = """
tunesmith search tickets-3f2a1c "parcel never came" --corpus tickets.csv        # the ten nearest
tunesmith search all-MiniLM-L6-v2 "refund" "card" --corpus log.txt -k 3         # several queries
tunesmith search tickets-3f2a1c "late" --corpus old.jsonl --columns text=body --json  # for a script
"""


def search(
    model: Model,
    queries: Queries,
    corpus: Corpus,
    k: HitCount = 10,
    columns: TextColumn = None,
    as_json: AsJson = False,
) -> None:
    """Find the texts of a file that are nearest to a query.

    Every text is compared. The vectors of up to 20,000 texts are kept, so that the next search in
    them answers at once.
    """
    column = named_columns(columns, "text").get("text")
    found = search_file(model, queries, corpus, column, k)
    write_hits(found, as_json=as_json)


def write_hits(found: Sequence[tuple[str, Sequence[Hit]]], *, as_json: bool) -> None:
    """Print a table of hits for each query, or all of them as one document."""
    if as_json:
        write_json([{"query": query, "hits": hits} for query, hits in found])
    else:
        _write_tables(found)


def _write_tables(found: Sequence[tuple[str, Sequence[Hit]]]) -> None:
    output = Output()
    columns = [
        TableColumn("score", right=True),
        TableColumn("row", right=True),
        TableColumn("text", fold=True),
    ]
    for query, hits in found:
        rows: list[Any] = [[number(hit.score), written(hit.row), cut(hit.text)] for hit in hits]
        if len(found) > 1:
            output.heading(cut(query))
        output.table(columns, rows)
