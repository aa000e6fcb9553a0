"""The closed-form tuner."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.covariance import shrunk_covariance

from tunesmith.tuners.linear import LinearTuner
from tunesmith.tuners.shrinkage import STRENGTHS


def _data() -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    labels = np.arange(400) % 4
    noise = rng.normal(size=(400, 8)) * np.linspace(0.2, 3, 8)
    return noise + np.eye(8)[labels], labels


def _residuals(X: Any, labels: Any) -> Any:
    return np.concatenate([X[labels == k] - X[labels == k].mean(axis=0) for k in np.unique(labels)])


def test_whitening_alone_makes_within_class_covariance_identity() -> None:
    """With ``background=1`` the shrunk covariance within classes becomes the identity."""
    X, labels = _data()
    tuner = LinearTuner(background=1.0, shrinkage=0.2).fit(X, labels)
    residuals = _residuals(X, labels)
    covariance = shrunk_covariance(residuals.T @ residuals / len(X), shrinkage=0.2)
    factors = np.linalg.norm(tuner.weight_ @ np.linalg.cholesky(covariance), axis=1)
    np.testing.assert_allclose(factors, 1.0, rtol=1e-4)


def test_first_directions_span_those_of_discriminant_analysis() -> None:
    """Without shrinkage the leading directions solve the generalised eigenproblem of LDA."""
    X, labels = _data()
    tuner = LinearTuner(n_components=3, shrinkage=0.0, background=0.0).fit(X, labels)
    residuals = _residuals(X, labels)
    within = residuals.T @ residuals / len(X)
    means = np.stack([X[labels == k].mean(axis=0) for k in range(4)]) - X.mean(axis=0)
    solved, vectors = np.linalg.eig(np.linalg.solve(within, means.T @ means / 4))
    leading = np.real(vectors[:, np.argsort(-np.real(solved))[:3]])
    np.testing.assert_allclose(tuner.spread_, np.sort(np.real(solved))[::-1][:3], rtol=1e-6)
    both = np.linalg.matrix_rank(np.hstack([tuner.weight_.T, leading]), tol=1e-4)
    assert both == 3


def test_directions_are_weighted_by_between_class_variance() -> None:
    """A direction's length after whitening is spread / (spread + 1), or the background."""
    X, labels = _data()
    whole = LinearTuner(background=1.0).fit(X, labels).weight_
    tuner = LinearTuner(background=0.25).fit(X, labels)
    expected = np.maximum(tuner.spread_ / (tuner.spread_ + 1), 0.25)
    ratios = np.linalg.norm(tuner.weight_, axis=1) / np.linalg.norm(whole, axis=1)
    np.testing.assert_allclose(ratios, expected, rtol=1e-4)
    assert np.all(np.diff(tuner.spread_) <= 1e-9)


def test_an_indicator_column_equals_class_labels() -> None:
    """A matrix with one complete column gives the map of the same two classes as labels."""
    X, labels = _data()
    two = (labels > 1).astype(float)
    single = LinearTuner(shrinkage=0.1).fit(X, two.astype(int))
    several = LinearTuner(shrinkage=0.1).fit(X, two[:, None])
    np.testing.assert_allclose(
        single.weight_.T @ single.weight_, several.weight_.T @ several.weight_, atol=1e-4
    )


def test_fewer_rows_than_dimensions() -> None:
    """Shrinkage keeps the map finite with 6 rows of 50 dimensions, even without variance."""
    rng = np.random.default_rng(0)
    for X in (rng.normal(size=(6, 50)), np.repeat(np.eye(50)[:2], 3, axis=0)):
        assert np.isfinite(LinearTuner().fit(X, [0, 0, 0, 1, 1, 1]).transform(X)).all()


@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(1, 399), max_size=8), seed=st.integers(0, 3))
def test_partial_fit_equals_fit(cuts: list[int], seed: int) -> None:
    """``partial_fit`` on any batches equals ``fit`` on all rows, even if classes appear late."""
    X, labels = _data()
    order = np.random.default_rng(seed).permutation(400) if seed else np.argsort(labels)
    X, names = X[order], np.array(["d", "b", "c", "a"])[labels[order]]
    streamed = LinearTuner()
    bounds = sorted({0, 400, *cuts})
    for start, end in itertools.pairwise(bounds):
        streamed.partial_fit(X[start:end], names[start:end])
    whole = LinearTuner().fit(X, names)
    assert streamed.classes_.tolist() == whole.classes_.tolist()
    assert streamed.shrinkage_ == whole.shrinkage_
    np.testing.assert_allclose(
        streamed.weight_.T @ streamed.weight_, whole.weight_.T @ whole.weight_, rtol=1e-4, atol=1e-4
    )


def test_pairs_give_the_same_direction_as_labels() -> None:
    """With pairs drawn from classes, the discriminative direction gets the largest weight."""
    rng = np.random.default_rng(0)
    labels = np.arange(600) % 2
    X = rng.normal(size=(600, 6)) * [1, 3, 3, 3, 3, 3] + 4 * np.outer(labels, np.eye(6)[0])
    others = rng.permutation(600)
    tuner = LinearTuner().fit_pairs(X, X[others], labels == labels[others])
    leading = np.abs(tuner.weight_[0] / np.linalg.norm(tuner.weight_[0]))
    assert leading[0] > 0.95
    assert tuner.shrinkage_ in STRENGTHS
    vectors = tuner.transform(X)
    same = (vectors[:300] * vectors[300:]).sum(axis=1)[labels[:300] == labels[300:]]
    assert same.mean() > 0.6


@pytest.mark.parametrize(
    ("X2", "similar", "message"),
    [
        (np.ones((4, 3)), [1, 1, 1, 1], "similar pairs"),
        (np.ones((4, 3)), [1, 0, 1], "4 vectors in X1, 4 in X2"),
        (np.ones((4, 2)), [1, 0, 1, 0], "X1 has 3 dimensions but X2 has 2"),
        (np.ones((4, 3)), [1, 0, 5, 0], "row 2 .* is 5"),
        (np.full((4, 3), np.nan), [1, 0, 1, 0], "X2 contains NaN in row 0"),
    ],
    ids=["all alike", "too short", "another width", "a score", "NaN"],
)
def test_unusable_pairs_are_refused(X2: Any, similar: Any, message: str) -> None:
    """The message says what is wrong with them."""
    X1 = np.random.default_rng(0).normal(size=(4, 3))
    with pytest.raises(ValueError, match=message):
        LinearTuner().fit_pairs(X1, X2, similar)


@pytest.mark.parametrize(
    "parameters", [{"n_components": 99}, {"background": 1.5}, {"shrinkage": -0.1}]
)
def test_parameters_out_of_range_are_refused(parameters: dict[str, Any]) -> None:
    """The message names the parameter."""
    X, labels = _data()
    with pytest.raises(ValueError, match=next(iter(parameters))):
        LinearTuner(**parameters).fit(X, labels)
