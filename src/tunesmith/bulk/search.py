"""Search a file of any length in one pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from tunesmith.bulk.embed import encode_batches
from tunesmith.bulk.source import Source, encodable, existing_file, measured
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.models.model import open_encoder
from tunesmith.vectors.similarity import search


@dataclass(frozen=True)
class Hit:
    """A search result: a text, its row in the file, and its similarity to the query."""

    row: int
    score: float
    text: str


def search_file(
    model: str, queries: Sequence[str], corpus: str, column: str | None, k: int
) -> list[tuple[str, list[Hit]]]:
    """Return each query with the k most similar texts of a file.

    Parameters
    ----------
    model
        A fitted model's id or folder, or a sentence-transformers model.
    queries
        The queries.
    corpus
        The file to search.
    column
        Its column with the texts; detected if None.
    k
        The number of hits for each query.

    Raises
    ------
    DataError
        The file cannot be read or holds no texts.
    """
    path = existing_file(corpus)
    cleaned = [encodable(query) for query in queries]
    encoder = open_encoder(model, verbose=True)
    stream = measured(Source(path).batches(column))
    encoder.cache = stream.short
    return list(zip(cleaned, _nearest(encoder, cleaned, stream.batches, k), strict=True))


def _nearest(
    encoder: TextEncoder, queries: Sequence[str], batches: Iterator[list[str]], k: int
) -> list[list[Hit]]:
    """Return the top k hits of each query; only these and one batch are in memory at a time."""
    query_vectors = encoder.encode(list(queries), prompt="query")
    best: list[list[Hit]] = [[] for _ in queries]
    rows = count(1)
    for part in encode_batches(encoder, batches, "document"):
        numbers = [next(rows) for _ in part.texts]
        found = search(query_vectors, part.vectors, k=k)
        for query, hits in enumerate(best):
            indices, scores = found.indices[query], found.scores[query]
            hits += [
                Hit(numbers[index], float(score), part.texts[index])
                for index, score in zip(indices, scores, strict=True)
            ]
            hits.sort(key=lambda hit: (-hit.score, hit.row))
            del hits[k:]
    return best
