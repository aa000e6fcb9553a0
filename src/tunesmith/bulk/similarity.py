"""Compute the similarity of the two texts in each row of a file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tunesmith.bulk.source import BATCH, measured, non_empty
from tunesmith.bulk.stream import stream_columns
from tunesmith.models.model import open_encoder
from tunesmith.vectors.similarity import pairwise_similarity


def score_pairs(
    model: str, path: Path, columns: Sequence[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield batches of rows: row number, both texts and their cosine similarity.

    Parameters
    ----------
    model
        A fitted model's id or folder, or a sentence-transformers model.
    path
        A file of pairs.
    columns
        The two columns to compare; detected if None.

    Raises
    ------
    DataError
        The file cannot be read or holds no pairs.
    """
    encoder = open_encoder(model, verbose=True)
    pairs = stream_columns(path, columns, roles=2, batch_size=BATCH)
    stream = measured(non_empty(pairs, path.name))
    encoder.cache = stream.short
    first = 1
    for batch in stream.batches:
        left, right = ([row[column] for row in batch] for column in (0, 1))
        vectors = encoder.encode(left + right)
        scores = pairwise_similarity(vectors[: len(batch)], vectors[len(batch) :])
        rows = np.arange(first, first + len(batch))
        yield {"row": rows, "text1": left, "text2": right, "score": scores}
        first += len(batch)
