"""The contrastive learner: pairs of vectors."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

from tunesmith.tuners.contrastive_learner import ContrastiveLearner

BRISK: dict[str, Any] = {"learning_rate": 1e-2, "epochs": 10, "random_state": 0}


def _pairs(rows: int = 400, width: int = 12) -> tuple[Any, Any, Any]:
    """Return pairs of vectors whose similarity depends on two directions only."""
    rng = np.random.default_rng(0)
    classes, others = rng.integers(4, size=(2, rows))
    centres = 2 * rng.normal(size=(4, 2))
    sides = [
        np.hstack(
            [centres[side] + 0.3 * rng.normal(size=(rows, 2)), rng.normal(size=(rows, width))]
        )
        for side in (classes, others)
    ]
    return sides[0].astype(np.float32), sides[1].astype(np.float32), (classes == others).astype(int)


def _area(learner: ContrastiveLearner, X1: Any, X2: Any, y: Any) -> float:
    return float(roc_auc_score(y, learner.predict(X1, X2)))


def test_the_learned_cosine_predicts_similarity() -> None:
    """On held-out pairs the learned cosine is much better than the original one."""
    X1, X2, y = _pairs()
    untouched = ContrastiveLearner(shape_out=14, learning_rate=1e-12, random_state=0)
    untouched.fit(X1[:200], X2[:200], y[:200])
    learner = ContrastiveLearner(shape_out=14, **BRISK).fit(X1[:200], X2[:200], y[:200])
    unseen = X1[200:], X2[200:], y[200:]
    assert _area(learner, *unseen) > _area(untouched, *unseen) + 0.05
    probabilities = learner.predict_proba(*unseen[:2])
    assert probabilities[y[200:] == 1].mean() > probabilities[y[200:] == 0].mean() + 0.2


def test_predict_is_the_cosine_of_the_two_transforms() -> None:
    """float32, one value per pair; equal vectors give 1."""
    X1, X2, y = _pairs()
    learner = ContrastiveLearner(shape_out=8, **BRISK).fit(X1, X2, y)
    cosines = (learner.transform(X1) * learner.transform(X2)).sum(axis=1)
    np.testing.assert_allclose(learner.predict(X1, X2), cosines, atol=1e-6)
    np.testing.assert_allclose(learner.predict(X1, X1), 1.0, atol=1e-6)
    assert learner.predict(X1, X2).dtype == np.float32


def test_two_spaces_are_aligned() -> None:
    """With a second head the sides may have different dimensions, and matches are retrieved."""
    rng = np.random.default_rng(0)
    meaning = rng.normal(size=(500, 5))
    images = (meaning @ rng.normal(size=(5, 20))).astype(np.float32)
    captions = (meaning @ rng.normal(size=(5, 9))).astype(np.float32)
    left = np.concatenate([np.arange(300), np.arange(300)])
    right = np.concatenate([np.arange(300), rng.permutation(300)])
    learner = ContrastiveLearner(shape_out=5, second_head=True, **BRISK)
    learner.fit(images[left], captions[right], left == right)
    nearest = learner.transform(images[300:]) @ learner.transform_second(captions[300:]).T
    assert (nearest.argmax(axis=1) == np.arange(200)).mean() > 0.3
    with pytest.raises(ValueError, match="20 dimensions, but the second side has 9"):
        learner.transform_second(images)


@pytest.mark.parametrize("second_head", [False, True])
def test_saved_pickled_cloned(second_head: bool, tmp_path: Path) -> None:
    """All give the same predictions, also after further training."""
    X1, X2, y = _pairs()
    learner = ContrastiveLearner(shape_out=8, second_head=second_head, **BRISK).fit(X1, X2, y)
    expected = learner.predict(X1, X2)
    loaded = ContrastiveLearner.load(learner.save(tmp_path / "learner"))
    for other in (loaded, pickle.loads(pickle.dumps(learner)), clone(learner).fit(X1, X2, y)):
        np.testing.assert_array_equal(other.predict(X1, X2), expected)
    again = [each.partial_fit(X1, X2, y).predict(X1, X2) for each in (learner, loaded)]
    np.testing.assert_array_equal(again[0], again[1])


def test_a_stream_of_pairs_is_learned() -> None:
    """``partial_fit`` continues from the current weights, even one pair at a time."""
    X1, X2, y = _pairs()
    learner = ContrastiveLearner(shape_out=8, learning_rate=1e-3, random_state=0)
    learner.partial_fit(X1[:50], X2[:50], y[:50])
    before = _area(learner, X1[200:], X2[200:], y[200:])
    for _ in range(3):
        for row in range(200):
            learner.partial_fit(X1[row : row + 1], X2[row : row + 1], y[row : row + 1])
    assert _area(learner, X1[200:], X2[200:], y[200:]) > before


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("shape_out", [3, 8]),
        ("batch_size", [8, 64]),
        ("epochs", [1, 4]),
        ("learning_rate", [1e-3, 1e-2]),
        ("second_head", [False, True]),
        ("class_weight", [None, "balanced", {1: 9.0}]),
        ("early_stopping", [False, True]),
        ("random_state", [0, 1]),
    ],
)
def test_every_parameter_changes_what_is_fitted(name: str, values: list[Any]) -> None:
    """No parameter is ignored."""
    X1, X2, y = _pairs(150)
    settings = {"shape_out": 8, **BRISK}
    found = [
        ContrastiveLearner(**{**settings, name: value}).fit(X1, X2, y).predict(X1, X2)
        for value in values
    ]
    for index, predicted in enumerate(found[1:]):
        assert not np.allclose(predicted, found[index], atol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [5, 0, 1, 1]}, r"row 0 .* is 5"),
        ({"y": [float("nan"), 0, 1, 1]}, r"row 0 .* is nan"),
        ({"y": [0, 1]}, "4 vectors in X1, 4 in X2"),
        ({"X2": np.ones((4, 2))}, "X1 has 3 dimensions but X2 has 2"),
        ({"X1": np.full((4, 3), np.inf)}, "X1? contains infinity in row 0"),
        ({"X2": np.full((4, 3), np.nan)}, "X2 contains NaN in row 0"),
    ],
    ids=["a score", "NaN similarity", "lengths", "widths", "infinity", "NaN"],
)
def test_pairs_that_cannot_be_used_are_refused(change: dict[str, Any], message: str) -> None:
    """The message names the side and the row."""
    given: dict[str, Any] = {"X1": np.eye(4, 3), "X2": np.eye(4, 3), "y": [0, 1, 0, 1]}
    with pytest.raises(ValueError, match=message):
        ContrastiveLearner().fit(**{**given, **change})


def test_other_dimensions_are_refused_with_warm_start() -> None:
    """The current weights fit one dimension."""
    X1, X2, y = _pairs(50)
    learner = ContrastiveLearner(warm_start=True, random_state=0).fit(X1, X2, y)
    with pytest.raises(ValueError, match="the current weights expect"):
        learner.fit(X1[:, :5], X2[:, :5], y)
