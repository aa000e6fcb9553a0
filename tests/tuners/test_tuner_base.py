"""What every tuner promises."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from tunesmith.encoders.attach import apply_layers
from tunesmith.tuners.base import KnownLabels, Tuner
from tunesmith.tuners.feed_forward import FeedForwardTuner
from tunesmith.tuners.linear import LinearTuner

TUNERS = [LinearTuner(), FeedForwardTuner(hidden_dim=8, random_state=0)]
BOTH = pytest.mark.parametrize("tuner", TUNERS, ids=["linear", "feed forward"])


@parametrize_with_checks(TUNERS)  # type: ignore[untyped-decorator]
def test_scikit_learn_accepts_it(estimator: Any, check: Any) -> None:
    """Every check of scikit-learn's own contract passes."""
    check(estimator)


def _data(rows: int = 90) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    labels = np.arange(rows) % 3
    vectors = rng.normal(size=(rows, 12)) + 2 * np.eye(12)[labels]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels


def _matrix(labels: Any) -> Any:
    matrix = np.stack([labels == 0, labels != 1], axis=1).astype(float)
    matrix[::5, 0], matrix[1::7, 1] = np.nan, np.nan
    return matrix


@BOTH
@pytest.mark.parametrize("several", [False, True], ids=["one label", "several labels"])
def test_layers_give_the_transform(tuner: Tuner, several: bool) -> None:
    """What a saved folder computes from the layers is what the tuner computes."""
    X, labels = _data()
    fitted = clone(tuner).fit(X, _matrix(labels) if several else labels)
    found = fitted.transform(X)
    np.testing.assert_array_equal(apply_layers(fitted.as_layers(), X), found)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, rtol=1e-5)
    assert found.dtype == np.float32


@BOTH
def test_classes_lie_further_apart_than_before(tuner: Tuner) -> None:
    """On texts it has not seen, the nearest training vector is right more often."""
    X, labels = _data(600)
    fitted = clone(tuner).fit(X[:300], labels[:300])
    after = fitted.transform(X)
    right = [
        float((labels[:300][(V[300:] @ V[:300].T).argmax(axis=1)] == labels[300:]).mean())
        for V in (X, after)
    ]
    assert right[1] > right[0]


@BOTH
def test_unknown_is_not_negative(tuner: Tuner) -> None:
    """Rows in which nothing is known leave no trace but in the centre of the data."""
    X, labels = _data()
    matrix = _matrix(labels)
    matrix[:30] = np.nan
    base = clone(tuner).fit(X, matrix)
    zeros = clone(tuner).fit(X, np.nan_to_num(matrix))
    assert not np.allclose(base.transform(X), zeros.transform(X), atol=1e-3)


@BOTH
@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(90), "two classes"),
        (np.full((90, 2), np.nan), "known to be 1"),
        (np.full((90, 2), 0.5), "1, 0 and NaN"),
    ],
    ids=["one class", "nothing known", "no indicator"],
)
def test_labels_that_teach_nothing_are_refused(tuner: Tuner, y: Any, message: str) -> None:
    """The message says what is wrong with them."""
    with pytest.raises(ValueError, match=message):
        clone(tuner).fit(_data()[0], y)


@BOTH
def test_nan_in_vectors_is_refused(tuner: Tuner) -> None:
    """No NaN passes."""
    X, labels = _data()
    X[3, 4] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        clone(tuner).fit(X, labels)


@BOTH
def test_an_unfitted_tuner_says_so(tuner: Tuner) -> None:
    """Neither vectors nor layers can be had before ``fit``."""
    with pytest.raises(NotFittedError):
        clone(tuner).as_layers()


def test_targets_read_strings_columns_and_matrices() -> None:
    """Labels of a row become 1 and 0; a matrix stays as it is, its unknown too."""
    single = KnownLabels.of(["b", "a", "b"])
    assert single.classes.tolist() == ["a", "b"]
    assert single.known.tolist() == [[0, 1], [1, 0], [0, 1]]
    matrix = np.array([[1, np.nan], [0, 1], [1, 0]], dtype=np.float32)
    several = KnownLabels.of(matrix)
    assert several.multilabel
    assert several.classes.tolist() == [0, 1]
    np.testing.assert_array_equal(several.known, matrix)
