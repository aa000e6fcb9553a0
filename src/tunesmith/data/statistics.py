"""Summary statistics: class counts, score distribution, sizes of judgement files, sample rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
import pyarrow as pa

from tunesmith.kinds import (
    Examples,
    Labelled,
    LabelledPairs,
    Multilabel,
    Nli,
    Retrieval,
    ScoredPairs,
)
from tunesmith.results.summary import ClassCount

BINS = 10


@dataclass(frozen=True)
class ScoreSpread:
    """The distribution of the scores of pairs, without missing scores.

    Parameters
    ----------
    quartiles
        The minimum, the three quartiles and the maximum.
    edges
        The 11 edges of ten bins of equal width.
    counts
        The number of pairs in each bin.
    """

    quartiles: tuple[float, ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class SplitSize:
    """The size of one judgement file: distinct queries, distinct documents, and judgements."""

    name: str
    queries: int
    documents: int
    judgements: int


def score_spread(examples: Examples) -> ScoreSpread | None:
    """Return the distribution of the scores, or ``None`` for other kinds and without scores.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from tunesmith.data import detect, read
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
    """Return the size of each judgement file of a BEIR folder, by name; empty for other kinds.

    Examples
    --------
    >>> from tunesmith.data import detect, read
    >>> examples = detect(read("examples/retrieval")).examples
    >>> [(part.name, part.queries) for part in split_sizes(examples)]
    [('test', 16), ('train', 24)]
    """
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


def label_text(label: object) -> str | None:
    """Return a label as text, or ``None`` if it is null, NaN or blank.

    Examples
    --------
    >>> label_text(3), label_text(" "), label_text(float("nan"))
    ('3', None, None)
    """
    if label is None or (isinstance(label, float) and isnan(label)):
        return None
    return str(label) if str(label).strip() else None


def class_counts(examples: Examples) -> tuple[ClassCount, ...]:
    """Return the number of rows for each label, most frequent first; empty for unlabelled kinds.

    Shares are relative to all rows. In multi-label data a row counts for every label that is 1.

    Examples
    --------
    >>> table = pa.table({"text": list("abcd"), "label": list("xxxy"), "row": [1, 2, 3, 4]})
    >>> class_counts(Labelled(table))[0]
    ClassCount(label='x', count=3, share=0.75, negative=0, unknown=0)
    """
    if isinstance(examples, Multilabel):
        return _multilabel_counts(examples)
    if not isinstance(examples, Labelled | LabelledPairs | Nli):
        return ()
    labels = [label_text(label) for label in examples.table["label"].to_pylist()]
    names, counts = np.unique([name for name in labels if name is not None], return_counts=True)
    return _most_frequent_first(
        ClassCount(str(name), count, count / len(examples))
        for name, count in zip(names, counts.tolist(), strict=True)
    )


def _multilabel_counts(examples: Multilabel) -> tuple[ClassCount, ...]:
    matrix = examples.matrix()
    counts = zip(
        examples.classes,
        (matrix == 1).sum(axis=0).tolist(),
        (matrix == 0).sum(axis=0).tolist(),
        np.isnan(matrix).sum(axis=0).tolist(),
        strict=True,
    )
    return _most_frequent_first(
        ClassCount(name, yes, yes / len(examples), no, unknown) for name, yes, no, unknown in counts
    )


def _most_frequent_first(counts: Iterable[ClassCount]) -> tuple[ClassCount, ...]:
    return tuple(sorted(counts, key=lambda item: (-item.count, item.label)))


def sample(examples: Examples, n: int = 5, seed: int = 0) -> tuple[Mapping[str, Any], ...]:
    """Return up to ``n`` random rows in file order, each as role (and ``row``) to value.

    For retrieval data, the ids of query and document are replaced by their texts where known.
    """
    random = np.random.default_rng(seed)
    positions = np.sort(random.permutation(len(examples))[:n])
    rows: list[dict[str, Any]] = examples.take(positions).table.to_pylist()
    if isinstance(examples, Retrieval):
        texts = {"query": _by_id(examples.queries), "document": _by_id(examples.corpus)}
        rows = [
            row | {role: known.get(str(row[role]), row[role]) for role, known in texts.items()}
            for row in rows
        ]
    return tuple(rows)


def _by_id(table: pa.Table) -> dict[str, str]:
    return dict(zip(map(str, table["id"].to_pylist()), table["text"].to_pylist(), strict=True))
