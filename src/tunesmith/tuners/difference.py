"""A classifier of pairs, based on the difference of their vectors."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from tunesmith.tuners.targets import label_array


class DifferenceClassifier(ClassifierMixin, BaseEstimator):
    """Classifies pairs by the absolute difference of their vectors, |a - b|.

    Parameters
    ----------
    encoder
        Any object with ``transform``, such as a :class:`~tunesmith.SentenceEncoder`, a pipeline, or
        a fitted tuner; None if X1 and X2 are already vectors. It is not fitted here.
    classifier
        Any scikit-learn classifier; by default logistic regression with balanced class weights.

    Attributes
    ----------
    classifier_
        Fitted classifier.
    classes_ : ndarray
        Labels of pairs.

    Examples
    --------
    >>> X1 = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    >>> classifier = DifferenceClassifier().fit(X1, X1[[1, 0, 0, 1]], [1, 1, 0, 0])
    >>> classifier.predict(X1[:2], X1[2:])
    array([0, 0])
    """

    def __init__(self, encoder: Any = None, classifier: Any = None) -> None:
        self.encoder = encoder
        self.classifier = classifier

    def fit(self, X1: Any, X2: Any, y: ArrayLike) -> Self:
        """Train on pairs.

        Parameters
        ----------
        X1, X2
            First and second items of n pairs: inputs of ``encoder``, or vectors.
        y
            Label of each pair, such as 1 for the same and 0 for different, shape (n,).

        Raises
        ------
        ValueError
            If X1 and X2 have different shapes, a value is not finite, a label is missing, or y has
            one class.
        """
        own = LogisticRegression(class_weight="balanced", max_iter=1000)
        classifier = own if self.classifier is None else clone(self.classifier)
        self.classifier_ = classifier.fit(self._differences(X1, X2), label_array(y))
        self.classes_ = self.classifier_.classes_
        return self

    def predict(self, X1: Any, X2: Any) -> NDArray[Any]:
        """Return the label of each pair, shape (n,)."""
        check_is_fitted(self)
        return np.asarray(self.classifier_.predict(self._differences(X1, X2)))

    def predict_proba(self, X1: Any, X2: Any) -> NDArray[np.float64]:
        """Return the probability of each label, shape (n, classes)."""
        check_is_fitted(self)
        return np.asarray(self.classifier_.predict_proba(self._differences(X1, X2)))

    def score(self, X1: Any, X2: Any, y: ArrayLike) -> float:
        """Return the accuracy on pairs."""
        return float((self.predict(X1, X2) == np.asarray(y)).mean())

    def _differences(self, X1: Any, X2: Any) -> NDArray[Any]:
        first, second = self._vectors(X1), self._vectors(X2)
        if first.shape != second.shape:
            raise ValueError(
                f"X1 has vectors of shape {first.shape} and X2 of shape {second.shape}: give pairs"
            )
        return np.asarray(np.abs(first - second))

    def _vectors(self, X: Any) -> NDArray[Any]:
        return np.asarray(X if self.encoder is None else self.encoder.transform(X))
