"""Retrieval metrics, by exact search."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import DataError
from tunesmith.evaluation.item_scores import MeanScores, Values
from tunesmith.vectors.similarity import Hits, cosine_similarity, search

NDCG = "nDCG@10"
DEPTH = 100
Gains = Sequence[NDArray[np.float64]]


def evaluate_retrieval(
    queries: NDArray[np.float32],
    documents: NDArray[np.float32],
    relevant: Sequence[NDArray[np.int64]],
    gains: Gains | None = None,
    excluded: Sequence[NDArray[np.int64]] | None = None,
) -> MeanScores:
    """Search all documents for every query, by cosine similarity, and score the rankings.

    Parameters
    ----------
    queries, documents
        Vectors, float32, shapes (q, d) and (n, d).
    relevant
        Indices of the relevant documents of each query, without duplicates.
    gains
        The grade of each relevant document, in the same order; 1 by default.
    excluded
        Indices of the documents that are not candidates for each query; none by default.

    Returns
    -------
    For each query nDCG@10, MRR@10, recall@1, recall@10, recall@100 and MAP@100. Only nDCG uses
    the grades.

    Raises
    ------
    DataError
        There are no queries, or a query has no relevant document.

    Examples
    --------
    >>> documents = np.eye(3, dtype=np.float32)
    >>> found = evaluate_retrieval(documents[:2], documents, [np.array([0]), np.array([2])])
    >>> found.items["recall@1"].tolist()
    [1.0, 0.0]
    """
    check_relevant(len(queries), relevant)
    hits = _search_candidates(queries, documents, excluded)
    found = np.array(
        [np.isin(row, own) for row, own in zip(hits.indices, relevant, strict=True)], dtype=bool
    )
    counts = np.array([len(own) for own in relevant])
    top = Hits(hits.indices[:, :10], hits.scores[:, :10])
    return MeanScores(
        {
            NDCG: ndcg(top, relevant, gains),
            "MRR@10": _reciprocal_rank(found[:, :10]),
            **{f"recall@{k}": found[:, :k].sum(axis=1) / counts for k in (1, 10, 100)},
            "MAP@100": _average_precision(found, counts),
        }
    )


def _search_candidates(
    queries: NDArray[np.float32],
    documents: NDArray[np.float32],
    excluded: Sequence[NDArray[np.int64]] | None,
) -> Hits:
    """Return the best candidates of each query; index -1 follows the last one."""
    most = max(map(len, excluded or ()), default=0)
    hits = search(queries, documents, k=DEPTH + most)
    if excluded is None or not most:
        return hits
    out = np.array(
        [np.isin(row, own) for row, own in zip(hits.indices, excluded, strict=True)], dtype=bool
    )
    order = np.argsort(out, axis=1, kind="stable")[:, :DEPTH]
    indices = np.where(out, -1, hits.indices)
    return Hits(*(np.take_along_axis(each, order, axis=1) for each in (indices, hits.scores)))


@dataclass(frozen=True, eq=False)
class FirstAnswers:
    """The highest-ranked relevant document of each query, and its rank, from 1."""

    documents: NDArray[np.int64]
    ranks: NDArray[np.int64]


def first_answers(
    queries: NDArray[np.float32],
    documents: NDArray[np.float32],
    relevant: Sequence[NDArray[np.int64]],
    excluded: Sequence[NDArray[np.int64]] | None = None,
) -> FirstAnswers:
    """Return the highest-ranked relevant document of each query and its rank among all documents.

    Parameters are those of :func:`evaluate_retrieval`. Among equally similar documents, those that
    are not relevant rank first.

    Examples
    --------
    >>> documents = np.float32([[1, 0], [0.9, 0.1], [0, 1]])
    >>> first_answers(documents[:1], documents, [np.array([1, 2])]).ranks.tolist()
    [2]
    """
    best, ranks = [], []
    nothing = [np.empty(0, np.int64)] * len(relevant)
    for query, own, out in zip(queries, relevant, excluded or nothing, strict=True):
        cosines = cosine_similarity(query, documents)[0]
        cosines[out] = -np.inf
        nearest = int(own[cosines[own].argmax()])
        others = np.delete(cosines, own)
        best.append(nearest)
        ranks.append(1 + int(np.count_nonzero(others >= cosines[nearest])))
    return FirstAnswers(np.array(best), np.array(ranks))


def _reciprocal_rank(found: NDArray[np.bool_]) -> Values:
    first = found.argmax(axis=1)
    return np.where(found.any(axis=1), 1 / (first + 1.0), 0.0)


def _average_precision(found: NDArray[np.bool_], counts: NDArray[np.int64]) -> Values:
    precision = np.cumsum(found, axis=1) / np.arange(1, found.shape[1] + 1)
    return np.asarray((precision * found).sum(axis=1) / np.minimum(counts, DEPTH))


def check_relevant(queries: int, relevant: Sequence[NDArray[np.int64]]) -> None:
    """Raise a DataError if there are no queries, or a query has no relevant document."""
    if not queries:
        raise DataError(
            "there is no query with a relevant document", hint="add relevance judgements"
        )
    without = next((index for index, own in enumerate(relevant) if not len(own)), None)
    if without is not None:
        raise DataError(
            f"query {without + 1} has no relevant document",
            hint="remove it, or add a relevance judgement",
        )


def ndcg(
    hits: Hits, relevant: Sequence[NDArray[np.int64]], gains: Gains | None = None
) -> NDArray[np.float64]:
    """Return the normalised discounted cumulative gain of each query, shape (queries,).

    A hit at rank i counts its grade / log2(i + 1), and the sum is divided by the best possible one
    (Jaervelin and Kekaelaeinen 2002, https://doi.org/10.1145/582415.582418).
    The value is 0 for a query without a relevant document.

    Parameters
    ----------
    hits
        Top k documents of each query, best first.
    relevant
        Indices of the relevant documents of each query.
    gains
        The grade of each relevant document, in the same order; 1 by default.

    Examples
    --------
    >>> hits = Hits(np.array([[4, 7, 2]]), np.array([[0.9, 0.8, 0.7]], dtype=np.float32))
    >>> ndcg(hits, [np.array([7])]).round(3)
    array([0.631])
    """
    discounts = 1 / np.log2(np.arange(2, hits.indices.shape[1] + 2))
    grades = [np.ones(len(own)) for own in relevant] if gains is None else gains
    gained, ideal = np.zeros(len(relevant)), np.zeros(len(relevant))
    for query, (own, grade) in enumerate(zip(relevant, grades, strict=True)):
        gained[query] = discounts @ ((hits.indices[query][:, None] == own) @ grade)
        best = -np.sort(-grade)[: len(discounts)]
        ideal[query] = discounts[: len(best)] @ best
    return np.divide(gained, ideal, out=np.zeros_like(gained), where=ideal > 0)
