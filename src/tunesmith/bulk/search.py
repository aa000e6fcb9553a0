"""Search a file of any length in one pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunesmith.bulk.columns import trained_columns
from tunesmith.bulk.encoder import FileEncoder, columns_of, encoder_of
from tunesmith.bulk.job import announce, cache_if_short
from tunesmith.bulk.source import encodable, existing_file, no_texts
from tunesmith.bulk.stream import about_rows, open_stream
from tunesmith.data.reading.rows import Row
from tunesmith.events import OnEvent, ignore
from tunesmith.progress import Advance, progress_bar
from tunesmith.vectors.similarity import search

# Documents before queries: a corpus is searched, not asked.
_ROLES = ("text", "positive", "document", "hypothesis", "text2", "anchor")


@dataclass(frozen=True)
class Hit:
    """A search result.

    Parameters
    ----------
    row
        Its row in the file, from 1.
    score
        Its similarity to the query.
    text
        The text.
    columns
        All cells of the row by column.

    Examples
    --------
    >>> hit = Hit(7, 0.62, "I want my money back", {"text": "I want my money back", "id": 12})
    >>> hit.row, hit.columns["id"]
    (7, 12)
    """

    row: int
    score: float
    text: str
    columns: Mapping[str, Any] = field(default_factory=dict)


def search_file(
    model: str | Path | FileEncoder,
    queries: Sequence[str],
    corpus: str | Path,
    *,
    columns: str | None = None,
    k: int = 10,
    encoding: str | None = None,
    on_event: OnEvent = ignore,
) -> list[tuple[str, list[Hit]]]:
    """Return each query with the k most similar texts of a file, and their rows.

    Parameters
    ----------
    model
        The id or folder of a fitted model, a sentence-transformers model, or an encoder.
    queries
        The queries.
    corpus
        The file to search, of any length, or a folder of documents; rows without a text are left
        out.
    columns
        Its column with the texts, or several joined by ``+``; by default the column that the model
        was trained on, or the detected one.
    k
        The number of hits for each query.
    encoding
        The file's encoding, such as ``"gb18030"``; detected if None.
    on_event
        Receives a note with the column that was taken.

    Returns
    -------
    For each query, the hits from the most to the least similar.

    Raises
    ------
    DataError
        The file cannot be read or holds no texts, or several columns could hold them.
    UsageError
        The column does not exist.
    UnknownModel, DamagedModel
        The model cannot be loaded.

    Examples
    --------
    >>> found = search_file("all-MiniLM-L6-v2", ["money back"], "examples/texts.txt", k=2)
    >>> len(found[0][1])
    2
    """
    path = existing_file(str(corpus))
    cleaned = [encodable(query) for query in queries]
    encoder = encoder_of(model)
    cache_if_short(encoder, path)
    trained = trained_columns(columns_of(model), _ROLES)
    with open_stream(path, columns, trained=trained, encoding=encoding, tokens=encoder) as stream:
        announce(stream, on_event)
        with progress_bar("Encoding", about_rows(path)) as advance:
            nearest = _Nearest(encoder, cleaned, stream.columns, k)
            for batch in stream.batches:
                nearest.add(batch, advance)
    if not nearest.rows:
        raise no_texts(path.name)
    return list(zip(cleaned, nearest.best, strict=True))


class _Nearest:
    """The top k hits of each query; only these and one batch are in memory at a time."""

    def __init__(
        self, encoder: FileEncoder, queries: Sequence[str], names: Sequence[str], k: int
    ) -> None:
        self._encoder, self._names, self._k = encoder, names, k
        self._queries = encoder.encode(list(queries), prompt="query")
        self.best: list[list[Hit]] = [[] for _ in queries]
        self.rows = 0

    def add(self, batch: list[Row], advance: Advance) -> None:
        """Compare a batch of rows with all queries."""
        rows = [(self.rows + number, row) for number, row in enumerate(batch, start=1)]
        rows = [(number, row) for number, row in rows if row[0] is not None]
        self.rows += len(batch)
        advance(len(batch) - len(rows))
        texts = [row[0] for _, row in rows]
        vectors = self._encoder.encode(texts, prompt="document", advance=advance)
        found = search(self._queries, vectors, k=self._k)
        for query, hits in enumerate(self.best):
            scored = zip(found.indices[query], found.scores[query], strict=True)
            hits += [self._hit(rows[index], float(score)) for index, score in scored]
            hits.sort(key=lambda hit: (-hit.score, hit.row))
            del hits[self._k :]

    def _hit(self, numbered: tuple[int, Row], score: float) -> Hit:
        number, row = numbered
        return Hit(number, score, row[0], dict(zip(self._names, row[1:], strict=True)))
