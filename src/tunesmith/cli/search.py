"""``tunesmith search``: the texts of a file that are nearest to a query."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from tunesmith.cli.options import AsJson, Column, Corpus, HitCount, Model, Queries

if TYPE_CHECKING:
    from tunesmith.encoders.text import TextEncoder

EXAMPLES = """
tunesmith search tickets-3f2a1c "parcel never came" --corpus tickets.csv        # the ten nearest
tunesmith search all-MiniLM-L6-v2 "refund" "card" --corpus log.txt -k 3         # several queries
tunesmith search tickets-3f2a1c "late" --corpus old.jsonl --column body --json  # for a script
"""


def search(
    model: Model,
    queries: Queries,
    corpus: Corpus,
    k: HitCount = 10,
    column: Column = None,
    as_json: AsJson = False,
) -> None:
    """Find the texts of a file that are nearest to a query.

    Every text is compared. The vectors of up to 20,000 texts are kept, so that the next search in
    them answers at once.
    """
    found = find(model, queries, corpus, column, k)
    write_hits(found, as_json=as_json)


@dataclass(frozen=True)
class Hit:
    """A text that was found, its row in the file, and its similarity to the query."""

    row: int
    score: float
    text: str


def find(
    model: str, queries: Sequence[str], corpus: str, column: str | None, k: int
) -> list[tuple[str, list[Hit]]]:
    """Return each query with the k texts of a file that are nearest to it."""
    from tunesmith.cli.texts import Source, encodable, existing_file, measured
    from tunesmith.models import open_encoder

    path = existing_file(corpus)
    words = [encodable(query) for query in queries]
    encoder = open_encoder(model, verbose=True)
    stream = measured(Source(path).batches(column))
    encoder.cache = stream.short
    return list(zip(words, _nearest(encoder, words, stream.batches, k), strict=True))


def _nearest(
    encoder: "TextEncoder", queries: Sequence[str], batches: Iterator[list[str]], k: int
) -> list[list[Hit]]:
    """Return the k best hits of each query; no more than they and one batch are held."""
    from tunesmith.cli.encoding import encoded
    from tunesmith.vectors import search as search_vectors

    wanted = encoder.encode(list(queries), prompt="query")
    best: list[list[Hit]] = [[] for _ in queries]
    rows = count(1)
    for part in encoded(encoder, batches, "document"):
        numbers = [next(rows) for _ in part.texts]
        found = search_vectors(wanted, part.vectors, k=k)
        for place, hits in enumerate(best):
            indices, scores = found.indices[place], found.scores[place]
            hits += [
                Hit(numbers[index], float(score), part.texts[index])
                for index, score in zip(indices, scores, strict=True)
            ]
            hits.sort(key=lambda hit: (-hit.score, hit.row))
            del hits[k:]
    return best


def write_hits(found: Sequence[tuple[str, Sequence[Hit]]], *, as_json: bool) -> None:
    """Print a table of hits for each query, or all of them as one document."""
    from tunesmith.cli.output import write_json

    if as_json:
        write_json([{"query": query, "hits": hits} for query, hits in found])
    else:
        _write_tables(found)


def _write_tables(found: Sequence[tuple[str, Sequence[Hit]]]) -> None:
    from tunesmith.cli.output import Column, Output
    from tunesmith.report.words import count as written
    from tunesmith.report.words import cut, number

    output = Output()
    columns = [Column("score", right=True), Column("row", right=True), Column("text", fold=True)]
    for query, hits in found:
        rows: list[Any] = [[number(hit.score), written(hit.row), cut(hit.text)] for hit in hits]
        if len(found) > 1:
            output.heading(cut(query))
        output.table(columns, rows)
