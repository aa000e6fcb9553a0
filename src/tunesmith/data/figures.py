"""How much there is of what, for data without classes: scores of pairs, files of a collection."""

from dataclasses import dataclass

import numpy as np

from tunesmith.kinds import Examples, Retrieval, ScoredPairs

BINS = 10


@dataclass(frozen=True)
class ScoreSpread:
    """How the scores of pairs lie; missing ones are left out.

    Parameters
    ----------
    quartiles
        The lowest score, the three quartiles, and the highest.
    edges
        The borders of ten bins of equal width, eleven numbers.
    counts
        The number of pairs in each bin.
    """

    quartiles: tuple[float, ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class SplitSize:
    """How much one file of judgements holds: distinct queries and documents, and judgements."""

    name: str
    queries: int
    documents: int
    judgements: int


def score_spread(examples: Examples) -> ScoreSpread | None:
    """Return how the scores lie; ``None`` for other kinds, and where there is no score.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from tunesmith.data.detect import detect
    >>> from tunesmith.data.read import read
    >>> rows = {"text1": ["one lamp", "a chair"], "text2": ["a lamp", "a sofa"]}
    >>> table = pa.table({**rows, "score": [0.9, 0.3]})
    >>> score_spread(detect(read(table)).examples).quartiles
    (0.3, 0.45, 0.6, 0.75, 0.9)
    """
    if not isinstance(examples, ScoredPairs):
        return None
    given = [np.nan if score is None else score for score in examples.table["score"].to_pylist()]
    scores = np.asarray(given, dtype=np.float64)
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        return None
    counts, edges = np.histogram(finite, BINS)
    quartiles = np.percentile(finite, [0, 25, 50, 75, 100])
    return ScoreSpread(tuple(quartiles.tolist()), tuple(edges.tolist()), tuple(counts.tolist()))


def split_sizes(examples: Examples) -> tuple[SplitSize, ...]:
    """Return the size of each judgement file of a collection, by name; empty for other kinds."""
    if not isinstance(examples, Retrieval):
        return ()
    rows = examples.table.select(["split", "query", "document"]).to_pylist()
    names = sorted({str(row["split"]) for row in rows})
    parts = {name: [row for row in rows if row["split"] == name] for name in names}
    return tuple(
        SplitSize(
            name,
            len({row["query"] for row in part}),
            len({row["document"] for row in part}),
            len(part),
        )
        for name, part in parts.items()
    )
