"""Alignment and uniformity, as their paper defines them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.errors import UsageError
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.item_scores import value
from tunesmith.evaluation.pairs.alignment import ALIGNMENT, UNIFORMITY, label_free_scores
from tunesmith.results.summary import Outcome


def _pairs(seed: int, rows: int = 12, noise: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    left = random.normal(size=(rows, 5))
    right = left + noise * random.normal(size=left.shape)
    units = [one / np.linalg.norm(one, axis=1, keepdims=True) for one in (left, right)]
    return units[0], units[1]


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_both_equal_their_definitions(seed: int) -> None:
    """For uniformity, the two texts of one pair are not compared."""
    left, right = _pairs(seed)
    scores = label_free_scores(left, right)
    near = [np.sum((one - other) ** 2) for one, other in zip(left, right, strict=True)]
    other_pairs = [
        np.exp(-2 * np.sum((one - other) ** 2))
        for first in (left, right)
        for second in (left, right)
        for row, one in enumerate(first)
        for column, other in enumerate(second)
        if row != column
    ]
    assert value(scores, ALIGNMENT) == pytest.approx(np.mean(near), abs=1e-5)
    assert value(scores, UNIFORMITY) == pytest.approx(np.log(np.mean(other_pairs)), abs=1e-5)


def test_vector_length_does_not_matter() -> None:
    """Vectors are L2-normalised."""
    left, right = _pairs(0)
    one, other = label_free_scores(left, right), label_free_scores(7 * left, 0.1 * right)
    np.testing.assert_allclose(one.distances, other.distances, atol=1e-5)
    np.testing.assert_allclose(one.crowding, other.crowding, atol=1e-5)


def test_closer_pairs_and_a_wider_spread_are_better() -> None:
    """Lower is better for both metrics."""
    far, near = (label_free_scores(*_pairs(1, 200, noise)) for noise in (0.6, 0.1))
    assert Comparison(far, near).change(ALIGNMENT).outcome is Outcome.BETTER
    one, other = _pairs(1, 200)
    crowded = label_free_scores(one + 3.0, other + 3.0)
    spread = label_free_scores(one, other)
    assert Comparison(crowded, spread).change(UNIFORMITY).outcome is Outcome.BETTER


def test_models_of_different_dimension_are_compared() -> None:
    """Scores are per item, so the items of two models can be swapped."""
    left, right = _pairs(2)
    wide = label_free_scores(np.tile(left, 2), np.tile(right, 2))
    mixed = wide.swapped(label_free_scores(left, right), np.arange(12) < 6)
    np.testing.assert_allclose(mixed.distances, wide.distances, atol=1e-5)


def test_invalid_shapes_are_rejected() -> None:
    """The shapes must be equal, with at least two pairs."""
    left, right = _pairs(3)
    for vectors in ((left, right[:5]), (left[:1], right[:1])):
        with pytest.raises(UsageError, match="at least two rows"):
            label_free_scores(*vectors)


def test_a_resample_draws_both_texts_of_a_distance() -> None:
    """So the interval of uniformity is about as wide as with all distances resampled."""
    first, second = (one + 0.5 for one in _pairs(5, 300))
    left, right = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (first, second))
    both = np.stack([left, right])
    near = np.exp(-4 + 4 * np.einsum("aid,bjd->abij", both, both)).mean(axis=(0, 1))
    np.fill_diagonal(near, 0.0)
    random = np.random.default_rng(0)
    weights = random.multinomial(300, np.full(300, 1 / 300), 1000).astype(np.float32)
    pairs = weights.sum(axis=1) ** 2 - (weights**2).sum(axis=1)
    drawn = np.log(np.einsum("ri,ij,rj->r", weights, near, weights) / pairs)
    found = label_free_scores(left, right).values(UNIFORMITY, weights)
    assert found.std() == pytest.approx(drawn.std(), rel=0.1)
