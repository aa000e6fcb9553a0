"""Which documents answer which queries, and how a tuner's strength is chosen by it."""

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
DEALS = 3  # one deal alone can take a strength for harmless by luck, or the other way round
CUTOFF = 10  # nDCG@10, as retrieval is commonly measured


@dataclass(frozen=True, eq=False)
class Relevance:
    """Queries, documents, and the relevant documents of each query.

    Parameters
    ----------
    queries, documents
        Unit vectors, float32, shapes (m, d) and (n, d).
    relevant
        For each query the positions of its relevant documents.
    """

    queries: NDArray[np.float32]
    documents: NDArray[np.float32]
    relevant: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, queries: ArrayLike, documents: ArrayLike, relevant: ArrayLike) -> Self:
        """Check vectors and positions.

        Parameters
        ----------
        queries, documents
            Vectors, shapes (m, d) and (n, d).
        relevant
            Pairs of positions (query, document), shape (k, 2).

        Raises
        ------
        ValueError
            If a number is not finite, the widths differ, or a position does not exist.
        """
        sides = checked_side(queries, "queries"), checked_side(documents, "documents")
        if sides[0].shape[1] != sides[1].shape[1]:
            raise ValueError(
                f"queries have {sides[0].shape[1]} numbers and documents {sides[1].shape[1]}: "
                "encode both with the same model"
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
        """The queries that have a relevant document."""
        return np.flatnonzero([len(own) > 0 for own in self.relevant])

    def take(self, queries: NDArray[np.int64]) -> "Relevance":
        """Return some of the queries, with all documents."""
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


# Given queries that were held out and a strength, returns the new score of each.
Scores = Callable[[Relevance, float], NDArray[np.float64]]


@dataclass(frozen=True)
class Trial:
    """What a strength did to queries that were held out.

    Parameters
    ----------
    strength
        The strength.
    known
        The mean change of nDCG@10 for queries whose documents other queries have too.
    new, error
        The mean change for queries whose documents no query had that was learnt from, and its
        standard error.
    """

    strength: float
    known: float
    new: float
    error: float

    @property
    def harmless(self) -> bool:
        """Whether documents without queries lose no more than chance explains."""
        return self.new >= -self.error


def trials(
    data: Relevance,
    strengths: Sequence[float],
    learn: Callable[[Relevance], Scores],
    random: np.random.RandomState,
) -> tuple[Trial, ...]:
    """Try strengths on queries that are held out, in five folds that are dealt three times.

    It is done twice. For documents that are known, queries are held out by themselves; for
    documents that are new, together with all others that share a document with them.

    Parameters
    ----------
    data
        The queries and documents.
    strengths
        What to try.
    learn
        Learns from queries, and returns how others score then.
    random
        The dice that deal the folds.
    """
    lists = [data.relevant[query] for query in data.answered]
    groups = document_groups(lists, len(data.documents))

    def changes(items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Deal whole items, and return the mean change of each query over the deals."""
        deals = (random.permutation(int(items.max()) + 1) % FOLDS for _ in range(DEALS))
        found = [_changes(data, strengths, learn, deal[items]) for deal in deals]
        return np.asarray(np.mean(found, axis=0))

    alone, together = changes(np.arange(len(groups))), changes(groups)
    known = _shared(data)
    return tuple(
        Trial(strength, _mean(alone[index][known]), _mean(together[index]), _error(together[index]))
        for index, strength in enumerate(strengths)
    )


def choose(found: Sequence[Trial], corpus_type: CorpusType) -> float:
    """Return the strength that gains most: for a growing collection, of those without harm."""
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
    """Return the change of each answered query under each strength, (strengths, queries)."""
    answered = data.answered
    found = np.zeros((len(strengths), len(answered)))
    for fold in np.unique(folds):
        held = folds == fold
        if held.all():
            continue
        scores, asked = learn(data.take(answered[~held])), data.take(answered[held])
        before = asked.scores(asked.queries, asked.documents)
        for index, strength in enumerate(strengths):
            found[index, held] = scores(asked, strength) - before
    return found


def document_groups(relevant: Sequence[NDArray[np.int64]], documents: int) -> NDArray[np.int64]:
    """Give queries that share a document one number.

    Parameters
    ----------
    relevant
        For each query the positions of its documents.
    documents
        How many there are.

    Returns
    -------
    int64, shape (queries,).

    Examples
    --------
    >>> document_groups([np.array([0]), np.array([1, 2]), np.array([2])], 3).tolist()
    [0, 1, 1]
    """
    matrix = _asked(relevant, documents)
    shared = csr_array(matrix @ matrix.T)
    return np.asarray(connected_components(shared, directed=False)[1], dtype=np.int64)


def _shared(data: Relevance) -> NDArray[np.bool_]:
    """Return whether each answered query has a document that another query has too."""
    lists = [data.relevant[query] for query in data.answered]
    times = np.asarray(_asked(lists, len(data.documents)).sum(axis=0))
    return np.array([bool((times[own] > 1).any()) for own in lists])


def _asked(relevant: Sequence[NDArray[np.int64]], documents: int) -> Any:
    """Return which query has which document, sparse, shape (queries, documents)."""
    rows = np.repeat(np.arange(len(relevant)), [len(own) for own in relevant])
    columns = np.concatenate(relevant)
    return csr_array((np.ones(len(rows)), (rows, columns)), (len(relevant), documents))


def _positions(relevant: ArrayLike, queries: int, documents: int) -> NDArray[np.int64]:
    """Return pairs of a query and a document, checked, shape (k, 2)."""
    pairs = np.asarray(relevant)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        raise ValueError(
            "relevant must be pairs of whole numbers (query, document) of shape (k, 2), not "
            f"{pairs.dtype} of shape {pairs.shape}"
        )
    for column, (name, count) in enumerate([("query", queries), ("document", documents)]):
        strange = np.flatnonzero((pairs[:, column] < 0) | (pairs[:, column] >= count))
        if len(strange):
            raise ValueError(
                f"row {strange[0]} of relevant names {name} {pairs[strange[0], column]}, but they "
                f"are numbered 0 to {count - 1}"
            )
    return np.unique(pairs.astype(np.int64), axis=0)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else 0.0


def _error(values: NDArray[np.float64]) -> float:
    return float(values.std() / max(len(values), 1) ** 0.5) if len(values) else 0.0
