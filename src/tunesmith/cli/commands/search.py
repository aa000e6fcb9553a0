"""``tunesmith search``: search a file for the texts most similar to a query."""

from collections.abc import Sequence
from typing import Any

from tunesmith.bulk.search import Hit, search_file
from tunesmith.cli.arguments.options import (
    AsJson,
    Corpus,
    Encoding,
    HitCount,
    Model,
    Queries,
    TextColumn,
    named_columns,
)
from tunesmith.cli.remote import file_encoder
from tunesmith.cli.render.notes import write_note
from tunesmith.cli.render.output import Output, TableColumn, write_json
from tunesmith.wording import clean, count, cut, number

EXAMPLES = """
tunesmith search tickets-3f2a1c "parcel never came" --corpus tickets.csv        # ten results
tunesmith search all-MiniLM-L6-v2 "refund" "card" --corpus log.txt -k 3         # several queries
tunesmith search tickets-3f2a1c "late" --corpus old.jsonl --columns text=body --json  # as JSON
"""


def search(
    model: Model,
    queries: Queries,
    corpus: Corpus,
    k: HitCount = 10,
    columns: TextColumn = None,
    encoding: Encoding = None,
    as_json: AsJson = False,
) -> None:
    """Search a file for the texts most similar to a query.

    The search is exact. The embeddings of up to 20,000 texts are cached, so that the next search of
    the file is fast.
    """
    column = named_columns(columns, "text").get("text")
    found = search_file(
        file_encoder(model),
        queries,
        corpus,
        columns=column,
        k=k,
        encoding=encoding,
        on_event=write_note,
    )
    write_hits(found, as_json=as_json)


def write_hits(found: Sequence[tuple[str, Sequence[Hit]]], *, as_json: bool) -> None:
    """Print a table of hits for each query, or all hits as one JSON document."""
    if as_json:
        write_json([{"query": query, "hits": hits} for query, hits in found])
    else:
        _write_tables(found)


def _write_tables(found: Sequence[tuple[str, Sequence[Hit]]]) -> None:
    output = Output()
    id_column = _id_column(found)
    columns = [
        TableColumn("score", right=True),
        TableColumn("row", right=True),
        *([] if id_column is None else [TableColumn(clean(id_column))]),
        TableColumn("text", fold=True),
    ]
    for query, hits in found:
        rows: list[Any] = [
            [
                number(hit.score),
                count(hit.row),
                *([] if id_column is None else [cut(str(hit.columns[id_column]), 40)]),
                cut(hit.text),
            ]
            for hit in hits
        ]
        if len(found) > 1:
            output.heading(cut(query))
        output.table(columns, rows)


def _id_column(found: Sequence[tuple[str, Sequence[Hit]]]) -> str | None:
    """Return the file's column of ids, if it has one."""
    first = next((hit for _, hits in found for hit in hits), None)
    names = () if first is None else first.columns
    return next((name for name in names if name.lower() in {"id", "_id", "key", "url"}), None)
