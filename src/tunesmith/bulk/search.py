"""Search a file of texts in one pass, whatever its length."""

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
    """A text found, its row in the file, and its similarity to the query."""

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
        Texts to search for.
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
    words = [encodable(query) for query in queries]
    encoder = open_encoder(model, verbose=True)
    stream = measured(Source(path).batches(column))
    encoder.cache = stream.short
    return list(zip(words, _nearest(encoder, words, stream.batches, k), strict=True))


def _nearest(
    encoder: TextEncoder, queries: Sequence[str], batches: Iterator[list[str]], k: int
) -> list[list[Hit]]:
    """Return the k best hits of each query; no more than they and one batch are held."""
    wanted = encoder.encode(list(queries), prompt="query")
    best: list[list[Hit]] = [[] for _ in queries]
    rows = count(1)
    for part in encode_batches(encoder, batches, "document"):
        numbers = [next(rows) for _ in part.texts]
        found = search(wanted, part.vectors, k=k)
        for place, hits in enumerate(best):
            indices, scores = found.indices[place], found.scores[place]
            hits += [
                Hit(numbers[index], float(score), part.texts[index])
                for index, score in zip(indices, scores, strict=True)
            ]
            hits.sort(key=lambda hit: (-hit.score, hit.row))
            del hits[k:]
    return best
