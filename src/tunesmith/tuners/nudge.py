"""The nudge tuner: each document moves towards the queries that it answers."""

from typing import Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from tunesmith.kinds import CorpusType
from tunesmith.tuners.base import Saved
from tunesmith.tuners.checks import require_at_least, require_one_of
from tunesmith.tuners.relevance import Relevance, Scores, Trial, choose, trials
from tunesmith.vectors.layers import of_length_1

STRENGTHS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7)
_STILL = 1e-6  # a document whose queries pull no more than this does not move


class NudgeTuner(TransformerMixin, Saved):
    """Moves document vectors towards the queries that they answer; queries stay as they are.

    A document turns on the unit sphere towards the sum of its training queries, by no more than
    ``max_change`` (NUDGE-N of Zeighami, Wellmer and Parameswaran 2024,
    https://arxiv.org/abs/2409.02343). The mean query is taken off each query first: otherwise all
    documents that were asked for would move towards queries in general, in front of those that
    were not. A document without a query does not move.

    It is fitted to one collection: documents are known by their place in it. For queries on
    documents that nobody asked for yet, see :class:`~tunesmith.tuners.QueryTuner`.

    Parameters
    ----------
    max_change
        The greatest distance that a document moves, 0 to 2; ``"auto"`` chooses it on queries that
        are held out.
    corpus_type
        What ``"auto"`` looks at: ``"open"`` admits only what does no harm to documents
        without queries, ``"closed"`` looks at documents with queries alone.
    random_state
        Deals the queries into five folds.

    Attributes
    ----------
    max_change_ : float
        The greatest distance used.
    trials_ : tuple of Trial
        What each distance did to queries that were held out; empty without ``"auto"``.
    moved_ : ndarray of int64
        The documents that move.
    directions_ : ndarray of float32, shape (moved, d)
        Directions of the moves, of length 1.

    Examples
    --------
    >>> documents = np.eye(3, dtype=np.float32)
    >>> queries = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    >>> tuner = NudgeTuner(max_change=0.2).fit(queries, documents, [[0, 0], [1, 2]])
    >>> np.linalg.norm(tuner.transform(documents) - documents, axis=1).round(2)
    array([0.2, 0. , 0.2], dtype=float32)
    """

    def __init__(
        self,
        max_change: float | Literal["auto"] = "auto",
        *,
        corpus_type: CorpusType = "open",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.max_change = max_change
        self.corpus_type = corpus_type
        self.random_state = random_state

    def fit(self, queries: ArrayLike, documents: ArrayLike, relevant: ArrayLike) -> Self:
        """Find where documents move.

        Parameters
        ----------
        queries, documents
            Vectors, shapes (m, d) and (n, d).
        relevant
            Pairs of positions (query, document), shape (k, 2).

        Raises
        ------
        ValueError
            If a number is not finite, the widths differ, a position does not exist, or a
            parameter is out of range.
        """
        self._check_parameters()
        data = Relevance.of(queries, documents, relevant)
        validate_data(self, documents, skip_check_array=True)
        self.trials_: tuple[Trial, ...] = ()
        self.max_change_ = self.max_change
        if self.max_change == "auto":
            random = check_random_state(self.random_state)
            self.trials_ = trials(data, STRENGTHS, _learnt_from, random)
            self.max_change_ = choose(self.trials_, self.corpus_type)
        pull = _pull(data)
        self.n_documents_ = len(data.documents)
        self.moved_ = np.flatnonzero(np.linalg.norm(pull, axis=1) > _STILL)
        self.directions_ = of_length_1(pull[self.moved_])
        return self

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return the documents' unit vectors after the move, float32, shape (n, d).

        Parameters
        ----------
        X
            The documents of ``fit`` in their order; more may follow, and stay where they are.

        Raises
        ------
        ValueError
            If there are fewer documents, or of another width.
        """
        check_is_fitted(self)
        documents = of_length_1(validate_data(self, X, reset=False, dtype=np.float32))
        if len(documents) < self.n_documents_:
            raise ValueError(
                f"there are {len(documents)} documents, but fit saw {self.n_documents_}: pass all "
                "of them in the same order"
            )
        documents[self.moved_] = _turned(
            documents[self.moved_], self.directions_, float(self.max_change_)
        )
        return documents

    def _check_parameters(self) -> None:
        require_one_of(self, "corpus_type", get_args(CorpusType))
        if self.max_change != "auto":
            require_at_least(self, 0, "max_change")
            if self.max_change > 2:
                raise ValueError(f"max_change is {self.max_change}: choose 0 to 2")


def _pull(data: Relevance) -> NDArray[np.float32]:
    """Return for each document the sum of its queries, each less the mean query, (n, d)."""
    pull = np.zeros_like(data.documents)
    answered = data.answered
    middle = data.queries[answered].mean(axis=0)
    for query in answered:
        pull[data.relevant[query]] += data.queries[query] - middle
    return pull


def _turned(
    vectors: NDArray[np.float32], directions: NDArray[np.float32], distance: float
) -> NDArray[np.float32]:
    """Turn unit vectors towards unit directions, by at most a distance and not beyond them."""
    cosines = np.einsum("ij,ij->i", vectors, directions)
    angles = np.minimum(np.arccos(np.clip(cosines, -1, 1)), 2 * np.arcsin(distance / 2))
    sideways = of_length_1(directions - cosines[:, None] * vectors)
    turned = np.cos(angles)[:, None] * vectors + np.sin(angles)[:, None] * sideways
    return np.asarray(turned, dtype=np.float32)


def _learnt_from(data: Relevance) -> Scores:
    """Return how others score when documents are moved by these queries."""
    pull = _pull(data)
    moved = np.flatnonzero(np.linalg.norm(pull, axis=1) > _STILL)
    directions = of_length_1(pull[moved])

    def scores(asked: Relevance, strength: float) -> NDArray[np.float64]:
        documents = asked.documents.copy()
        documents[moved] = _turned(documents[moved], directions, strength)
        return asked.scores(asked.queries, documents)

    return scores
