"""The difference classifier."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import FunctionTransformer

from tunesmith.tuners.difference import DifferenceClassifier


def _pairs(rows: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    same = rng.integers(2, size=rows)
    X1 = rng.normal(size=(rows, 6))
    X2 = np.where(
        same[:, None] == 1, X1 + 0.3 * rng.normal(size=(rows, 6)), rng.normal(size=(rows, 6))
    )
    return X1, X2, same


def test_same_and_different_pairs_are_classified() -> None:
    """It classifies by |a - b|, so the order of the two does not matter."""
    X1, X2, same = _pairs()
    classifier = DifferenceClassifier().fit(X1[:100], X2[:100], same[:100])
    assert classifier.score(X1[100:], X2[100:], same[100:]) > 0.9
    np.testing.assert_array_equal(classifier.predict(X1, X2), classifier.predict(X2, X1))
    probabilities = classifier.predict_proba(X1, X2)
    assert probabilities.shape == (200, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_encoder_and_classifier_can_be_given() -> None:
    """The encoder is used as it is, the classifier is cloned and stays untouched."""
    X1, X2, same = _pairs()
    forest = RandomForestClassifier(n_estimators=20, random_state=0)
    classifier = DifferenceClassifier(FunctionTransformer(np.tanh), forest)
    assert clone(classifier).fit(X1, X2, same).classes_.tolist() == [0, 1]
    classifier.fit(X1, X2, same)
    assert not hasattr(forest, "estimators_")
    expected = forest.fit(np.abs(np.tanh(X1) - np.tanh(X2)), same).predict_proba(
        np.abs(np.tanh(X1) - np.tanh(X2))
    )
    np.testing.assert_allclose(classifier.predict_proba(X1, X2), expected)


def test_sides_that_do_not_match_are_refused() -> None:
    """The message has both shapes."""
    X1, X2, same = _pairs()
    with pytest.raises(ValueError, match=r"\(200, 6\).*\(199, 6\)"):
        DifferenceClassifier().fit(X1, X2[1:], same)
