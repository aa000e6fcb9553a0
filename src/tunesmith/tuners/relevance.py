"""Relevance of documents to queries, and the choice of a tuner's strength by it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from tunesmith.evaluation.pairs.retrieval import ndcg
from tunesmith.kinds import CorpusType
from tunesmith.tuners.checks import checked_side
from tunesmith.vectors.layers import of_length_1
from tunesmith.vectors.similarity import search

FOLDS = 5
REPEATS = 3  # with one partition, luck can make a strength look harmless or harmful
CUTOFF = 10  # nDCG@10, as retrieval is commonly measured


@dataclass(frozen=True, eq=False)
class Relevance:
    """Queries, documents, and the relevant documents of each query.

    Parameters
    ----------
    queries, documents
        Unit vectors, float32, shapes (m, d) and (n, d).
    relevant
        Indices of the relevant documents of each query.
    """

    queries: NDArray[np.float32]
    documents: NDArray[np.float32]
    relevant: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, queries: ArrayLike, documents: ArrayLike, relevant: ArrayLike) -> Self:
        """Validate vectors and indices.

        Parameters
        ----------
        queries, documents
            Vectors, shapes (m, d) and (n, d).
        relevant
            Pairs of indices (query, document), shape (k, 2).

        Raises
        ------
        ValueError
            If a value is not finite, dimensions differ, or an index is out of range.
        """
        sides = checked_side(queries, "queries"), checked_side(documents, "documents")
        if sides[0].shape[1] != sides[1].shape[1]:
            raise ValueError(
                f"queries have {sides[0].shape[1]} dimensions but documents have "
                f"{sides[1].shape[1]}: encode both with the same model"
            )
        pairs = _positions(relevant, len(sides[0]), len(sides[1]))
        if not len(pairs):
            raise ValueError("no query has a relevant document: give at least one pair")
        starts = np.searchsorted(pairs[:, 0], np.arange(1, len(sides[0])))
        return cls(
            of_length_1(sides[0]), of_length_1(sides[1]), tuple(np.split(pairs[:, 1], starts))
        )

    @property
    def answered(self) -> NDArray[np.int64]:
        """Indices of the queries that have a relevant document."""
        return np.flatnonzero([len(own) > 0 for own in self.relevant])

    def take(self, queries: NDArray[np.int64]) -> "Relevance":
        """Return a subset of the queries, with all documents."""
        return Relevance(
            self.queries[queries],
            self.documents,
            tuple(self.relevant[query] for query in queries),
        )

    def scores(
        self, queries: NDArray[np.float32], documents: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Return nDCG@10 of each query with these vectors instead, shape (m,)."""
        return ndcg(search(queries, documents, k=CUTOFF), self.relevant)


# Function from held-out queries and a strength to the new score of each query.
Scores = Callable[[Relevance, float], NDArray[np.float64]]


@dataclass(frozen=True)
class Trial:
    """Cross-validation result of a strength.

    Parameters
    ----------
    strength
        Strength that was tried.
    known
        Mean change of nDCG@10 for queries whose documents also have other queries.
    new, error
        Mean change for queries whose documents have no training query, and its standard error.
    """

    strength: float
    known: float
    new: float
    error: float

    @property
    def harmless(self) -> bool:
        """Whether documents without training queries lose no more than one standard error."""
        return self.new >= -self.error


def trials(
    data: Relevance,
    strengths: Sequence[float],
    learn: Callable[[Relevance], Scores],
    random: np.random.RandomState,
) -> tuple[Trial, ...]:
    """Evaluate strengths by five-fold cross-validation, repeated three times.

    This is done in two ways. For seen documents, queries are held out individually; for unseen
    documents, together with all queries that share a document with them.

    Parameters
    ----------
    data
        The queries and documents.
    strengths
        Strengths to try.
    learn
        Function that learns from queries and returns a function that scores held-out queries.
    random
        Random state for the folds.
    """
    lists = [data.relevant[query] for query in data.answered]
    groups = document_groups(lists, len(data.documents))

    def changes(items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Assign items to folds, and return each query's mean change over the repeats."""
        repeats = (random.permutation(int(items.max()) + 1) % FOLDS for _ in range(REPEATS))
        found = [_changes(data, strengths, learn, folds_of[items]) for folds_of in repeats]
        return np.asarray(np.mean(found, axis=0))

    alone, together = changes(np.arange(len(groups))), changes(groups)
    known = _shared(data)
    return tuple(
        Trial(strength, _mean(alone[index][known]), _mean(together[index]), _error(together[index]))
        for index, strength in enumerate(strengths)
    )


def choose(found: Sequence[Trial], corpus_type: CorpusType) -> float:
    """Return the strength with the largest gain; for an open corpus, among harmless ones."""
    if corpus_type == "closed":
        return max(found, key=lambda trial: trial.known).strength
    harmless = [trial for trial in found if trial.harmless]
    return max(harmless, key=lambda trial: trial.known + trial.new).strength


def _changes(
    data: Relevance,
    strengths: Sequence[float],
    learn: Callable[[Relevance], Scores],
    folds: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the change of each answered query for each strength, (strengths, queries)."""
    answered = data.answered
    found = np.zeros((len(strengths), len(answered)))
    for fold in np.unique(folds):
        holdout = folds == fold
        if holdout.all():
            continue
        scores, held_out_queries = (
            learn(data.take(answered[~holdout])),
            data.take(answered[holdout]),
        )
        before = held_out_queries.scores(held_out_queries.queries, held_out_queries.documents)
        for index, strength in enumerate(strengths):
            found[index, holdout] = scores(held_out_queries, strength) - before
    return found


def document_groups(relevant: Sequence[NDArray[np.int64]], documents: int) -> NDArray[np.int64]:
    """Assign the same group to queries that share a document.

    Parameters
    ----------
    relevant
        Indices of the relevant documents of each query.
    documents
        Number of documents.

    Returns
    -------
    int64, shape (queries,).

    Examples
    --------
    >>> document_groups([np.array([0]), np.array([1, 2]), np.array([2])], 3).tolist()
    [0, 1, 1]
    """
    matrix = _relevance_matrix(relevant, documents)
    shared = csr_array(matrix @ matrix.T)
    return np.asarray(connected_components(shared, directed=False)[1], dtype=np.int64)


def _shared(data: Relevance) -> NDArray[np.bool_]:
    """Return whether each answered query shares a document with another query."""
    lists = [data.relevant[query] for query in data.answered]
    times = np.asarray(_relevance_matrix(lists, len(data.documents)).sum(axis=0))
    return np.array([bool((times[own] > 1).any()) for own in lists])


def _relevance_matrix(relevant: Sequence[NDArray[np.int64]], documents: int) -> Any:
    """Return the relevance matrix, sparse, shape (queries, documents)."""
    rows = np.repeat(np.arange(len(relevant)), [len(own) for own in relevant])
    columns = np.concatenate(relevant)
    return csr_array((np.ones(len(rows)), (rows, columns)), (len(relevant), documents))


def _positions(relevant: ArrayLike, queries: int, documents: int) -> NDArray[np.int64]:
    """Return validated pairs of a query and a document, shape (k, 2)."""
    pairs = np.asarray(relevant)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        raise ValueError(
            "relevant must be pairs of integers (query, document) of shape (k, 2), not "
            f"{pairs.dtype} of shape {pairs.shape}"
        )
    for column, (name, count) in enumerate([("query", queries), ("document", documents)]):
        invalid = np.flatnonzero((pairs[:, column] < 0) | (pairs[:, column] >= count))
        if len(invalid):
            raise ValueError(
                f"row {invalid[0]} of relevant has {name} {pairs[invalid[0], column]}, but valid "
                f"indices are 0 to {count - 1}"
            )
    return np.unique(pairs.astype(np.int64), axis=0)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else 0.0


def _error(values: NDArray[np.float64]) -> float:
    return float(values.std() / max(len(values), 1) ** 0.5) if len(values) else 0.0
