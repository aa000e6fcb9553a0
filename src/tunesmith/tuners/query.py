"""The query tuner: a linear map that moves queries towards their relevant documents."""

from typing import Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.linear_model import Ridge
from sklearn.utils import check_random_state, gen_batches
from sklearn.utils.validation import check_is_fitted, validate_data

from tunesmith.kinds import CorpusType
from tunesmith.tuners.base import VectorMap
from tunesmith.tuners.checks import require_at_least, require_one_of, require_positive
from tunesmith.tuners.relevance import Relevance, Scores, Trial, choose, trials
from tunesmith.vectors.layers import Layer, of_length_1

STRENGTHS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.5, 8.0)
_CELLS = 2**25  # scores held in memory at a time


class QueryTuner(VectorMap):
    """Maps query vectors; documents are not changed, so new documents can be added.

    The target move of a training query leads from the documents retrieved now, weighted by a
    softmax over the corpus, to the relevant ones. Ridge regression predicts these moves from the
    queries; ``strength`` times the predicted move is added to a query. This is one step of
    Newton's method on the retrieval loss, in closed form.

    Parameters
    ----------
    strength
        Factor of the predicted moves; 0 means no change. ``"auto"`` chooses it by cross-validation
        on queries.
    alpha
        Penalty of the ridge regression.
    temperature
        Temperature of the softmax: lower values give the top documents more weight.
    corpus_type
        Criterion of ``"auto"``: ``"open"`` allows only strengths that do no harm to documents
        without training queries; ``"closed"`` considers only documents with training queries.
    random_state
        Random seed for the cross-validation folds.

    Attributes
    ----------
    strength_ : float
        Strength used.
    trials_ : tuple of Trial
        Cross-validation result of each strength; empty without ``"auto"``.
    weight_ : ndarray of float32, shape (d, d)
        Weight matrix of the map: identity plus moves.

    Examples
    --------
    >>> documents = np.eye(3, dtype=np.float32)
    >>> queries = np.array([[0.8, 0.6, 0.0], [0.0, 0.0, 1.0]])
    >>> tuner = QueryTuner(strength=1.0, alpha=0.1).fit(queries, documents, [[0, 1], [1, 2]])
    >>> bool(tuner.transform(queries)[0, 1] > 0.6)
    True
    """

    def __init__(
        self,
        strength: float | Literal["auto"] = "auto",
        *,
        alpha: float = 10.0,
        temperature: float = 0.05,
        corpus_type: CorpusType = "open",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.strength = strength
        self.alpha = alpha
        self.temperature = temperature
        self.corpus_type = corpus_type
        self.random_state = random_state

    def fit(self, queries: ArrayLike, documents: ArrayLike, relevant: ArrayLike) -> Self:
        """Learn the map.

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
        validate_data(self, queries, skip_check_array=True)
        data = data.take(data.answered)
        self.trials_: tuple[Trial, ...] = ()
        self.strength_ = self.strength
        if self.strength == "auto":
            random = check_random_state(self.random_state)
            self.trials_ = trials(data, STRENGTHS, self._learn, random)
            self.strength_ = choose(self.trials_, self.corpus_type)
        move = self._regression(data)
        self.weight_ = np.eye(len(move), dtype=np.float32) + np.float32(self.strength_) * move
        return self

    def as_layers(self) -> tuple[Layer, ...]:
        """Return the map as one layer without activation; for queries only."""
        check_is_fitted(self)
        return (Layer(self.weight_, np.zeros(len(self.weight_), dtype=np.float32)),)

    def _check_parameters(self) -> None:
        require_one_of(self, "corpus_type", get_args(CorpusType))
        require_at_least(self, 0, "alpha")
        require_positive(self, "temperature")
        if self.strength != "auto":
            require_at_least(self, 0, "strength")

    def _moves(self, data: Relevance) -> NDArray[np.float32]:
        """Return each query's move from the retrieved to the relevant documents, shape (m, d)."""
        moves = np.empty_like(data.queries)
        for rows in gen_batches(len(moves), max(1, _CELLS // len(data.documents))):
            scores = data.queries[rows] @ data.documents.T / np.float32(self.temperature)
            moves[rows] = -(softmax(scores, axis=1) @ data.documents)
        for query, own in enumerate(data.relevant):
            moves[query] += data.documents[own].mean(axis=0)
        return moves

    def _regression(self, data: Relevance) -> NDArray[np.float32]:
        ridge = Ridge(alpha=self.alpha, fit_intercept=False)
        return np.asarray(ridge.fit(data.queries, self._moves(data)).coef_, dtype=np.float32)

    def _learn(self, data: Relevance) -> Scores:
        """Return a function that scores held-out queries with a map learned from these queries."""
        move = self._regression(data)

        def scores(holdout: Relevance, strength: float) -> NDArray[np.float64]:
            moved = of_length_1(holdout.queries + np.float32(strength) * holdout.queries @ move.T)
            return holdout.scores(moved, holdout.documents)

        return scores
