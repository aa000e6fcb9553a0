"""Forgetting: how much quality on general English a tuned model has lost.

Training on one kind of text can make an encoder worse on all others, and a test on the user's own
texts does not show it. So the package includes 300 pairs of everyday sentences, written and scored
for this project; ``docs/forgetting.md`` describes how they were scored.
"""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import files

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.evaluation.pairs.similarity import (
    SimilarityResult,
    compare_similarity,
    evaluate_similarity,
)
from tunesmith.kinds import ScoredPairs
from tunesmith.results.summary import Change

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
GENERAL_PAIRS = "general_pairs.jsonl"
SCHEMA = pa.schema(
    [
        ("text1", pa.string()),
        ("text2", pa.string()),
        ("score", pa.float64()),
        ("topic", pa.string()),
        ("row", pa.int64()),
    ]
)


@lru_cache(maxsize=1)
def general_pairs() -> ScoredPairs:
    """Return the bundled pairs of everyday English sentences with similarity scores.

    Returns
    -------
    300 pairs, 50 for each score 0, 0.2, 0.4, 0.6, 0.8 and 1. The column ``topic`` names one of 25
    topics, each with two pairs per score.

    Examples
    --------
    >>> pairs = general_pairs()
    >>> len(pairs), pairs.texts("text1")[1], pairs.texts("text2")[1]
    (300, 'How cold will it get tonight?', 'How cold is it going to be during the night?')
    """
    lines = files(__package__).joinpath(GENERAL_PAIRS).read_text(encoding="utf-8").splitlines()
    rows = [{**json.loads(line), "row": number} for number, line in enumerate(lines, start=1)]
    return ScoredPairs(pa.Table.from_pylist(rows, SCHEMA))


def forgetting(encode_base: Encode, encode_tuned: Encode, *, seed: int = 0) -> Change:
    """Return the change on general English from the base to the tuned model.

    The metric is Spearman's correlation of cosine similarity with the scores of
    :func:`general_pairs`, with the 95% confidence interval of a paired bootstrap. An interval
    below zero means that the tuned model has lost quality.

    Parameters
    ----------
    encode_base, encode_tuned
        Functions from texts to vectors, float32, shape (n, d). The two may differ in d.
    seed
        Random seed for resampling.

    Examples
    --------
    >>> def letters(texts):
    ...     counts = [[text.count(letter) for letter in "etaoinshr"] for text in texts]
    ...     return np.array(counts, dtype=np.float32)
    >>> same = forgetting(letters, letters)
    >>> same.difference, same.low, same.high
    (0.0, 0.0, 0.0)
    """
    return compare_similarity(_measured(encode_base), _measured(encode_tuned), seed=seed)


def _measured(encode: Encode) -> SimilarityResult:
    pairs = general_pairs()
    left, right = pairs.texts("text1"), pairs.texts("text2")
    vectors = encode([*left, *right])
    scores = pairs.table["score"].to_numpy()
    return evaluate_similarity(vectors[: len(left)], vectors[len(left) :], scores)
