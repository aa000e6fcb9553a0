"""The nudge tuner: moves each document vector towards the queries that it answers."""

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
_MIN_PULL = 1e-6  # documents with a smaller pull are not moved


class NudgeTuner(TransformerMixin, Saved):
    """Moves document vectors towards the queries that they answer; queries are not changed.

    A document is rotated on the unit sphere towards the sum of its training queries, by at most
    ``max_change`` (NUDGE-N of Zeighami, Wellmer and Parameswaran 2024,
    https://arxiv.org/abs/2409.02343). The mean query is subtracted from each query first: otherwise
    all documents with training queries would move towards queries in general and outrank the
    documents without. Documents without training queries are not moved.

    It is fitted to one corpus: documents are identified by their index. For queries about documents
    without training queries, see :class:`~tunesmith.tuners.QueryTuner`.

    Parameters
    ----------
    max_change
        Maximum Euclidean distance that a document moves, 0 to 2; ``"auto"`` chooses it by
        cross-validation on queries.
    corpus_type
        Criterion of ``"auto"``: ``"open"`` allows only distances that do no harm to documents
        without training queries; ``"closed"`` considers only documents with training queries.
    random_state
        Random seed for the cross-validation folds.

    Attributes
    ----------
    max_change_ : float
        Maximum distance used.
    trials_ : tuple of Trial
        Cross-validation result of each distance; empty without ``"auto"``.
    moved_ : ndarray of int64
        Indices of the documents that move.
    directions_ : ndarray of float32, shape (moved, d)
        Unit vectors of their directions.

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
        """Compute the moves of documents.

        Parameters
        ----------
        queries, documents
            Vectors, shapes (m, d) and (n, d).
        relevant
            Pairs of indices (query, document), shape (k, 2).

        Raises
        ------
        ValueError
            If a value is not finite, dimensions differ, an index is out of range, or a parameter
            is out of range.
        """
        self._check_parameters()
        data = Relevance.of(queries, documents, relevant)
        validate_data(self, documents, skip_check_array=True)
        self.trials_: tuple[Trial, ...] = ()
        self.max_change_ = self.max_change
        if self.max_change == "auto":
            random = check_random_state(self.random_state)
            self.trials_ = trials(data, STRENGTHS, _learn, random)
            self.max_change_ = choose(self.trials_, self.corpus_type)
        pull = _pull(data)
        self.n_documents_ = len(data.documents)
        self.moved_ = np.flatnonzero(np.linalg.norm(pull, axis=1) > _MIN_PULL)
        self.directions_ = of_length_1(pull[self.moved_])
        return self

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return the moved documents as unit vectors, float32, shape (n, d).

        Parameters
        ----------
        X
            The documents passed to ``fit``, in the same order; additional documents may follow
            and are not moved.

        Raises
        ------
        ValueError
            If there are fewer documents, or their dimension differs.
        """
        check_is_fitted(self)
        documents = of_length_1(validate_data(self, X, reset=False, dtype=np.float32))
        if len(documents) < self.n_documents_:
            raise ValueError(
                f"there are {len(documents)} documents, but fit saw {self.n_documents_}: pass all "
                "of them in the same order"
            )
        documents[self.moved_] = _rotate(
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
    """Return the sum of each document's queries minus the mean query, shape (n, d)."""
    pull = np.zeros_like(data.documents)
    answered = data.answered
    mean_query = data.queries[answered].mean(axis=0)
    for query in answered:
        pull[data.relevant[query]] += data.queries[query] - mean_query
    return pull


def _rotate(
    vectors: NDArray[np.float32], directions: NDArray[np.float32], distance: float
) -> NDArray[np.float32]:
    """Rotate unit vectors towards unit directions, by at most ``distance`` and not past them."""
    cosines = np.einsum("ij,ij->i", vectors, directions)
    angles = np.minimum(np.arccos(np.clip(cosines, -1, 1)), 2 * np.arcsin(distance / 2))
    sideways = of_length_1(directions - cosines[:, None] * vectors)
    rotated = np.cos(angles)[:, None] * vectors + np.sin(angles)[:, None] * sideways
    return np.asarray(rotated, dtype=np.float32)


def _learn(data: Relevance) -> Scores:
    """Return a function that scores held-out queries after documents move to these queries."""
    pull = _pull(data)
    moved = np.flatnonzero(np.linalg.norm(pull, axis=1) > _MIN_PULL)
    directions = of_length_1(pull[moved])

    def scores(holdout: Relevance, strength: float) -> NDArray[np.float64]:
        documents = holdout.documents.copy()
        documents[moved] = _rotate(documents[moved], directions, strength)
        return holdout.scores(holdout.queries, documents)

    return scores
