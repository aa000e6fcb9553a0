"""Scaling of inputs and initial directions."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.tuners.networks.scaling import Scaling, principal_directions

SHAPES = st.tuples(st.integers(1, 30), st.integers(1, 12))


def _vectors(shape: tuple[int, int]) -> Any:
    return np.random.default_rng(0).normal(3, 2, size=shape).astype(np.float32)


@settings(deadline=None)
@given(shape=SHAPES)
def test_scaled_inputs_are_standardised(shape: tuple[int, int]) -> None:
    """Mean 0 and root mean square 1 for any location and scale; a single row is not centred."""
    scaled = Scaling.of(_vectors(shape)).apply(_vectors(shape))
    assert np.sqrt(np.square(scaled).mean()) == pytest.approx(1, rel=1e-4)
    if shape[0] > 1:
        np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-4)


def test_equal_rows_do_not_divide_by_zero() -> None:
    """Without variance the scale stays 1."""
    scaling = Scaling.of(np.ones((4, 3), dtype=np.float32))
    np.testing.assert_array_equal(scaling.apply(np.ones((4, 3))), np.zeros((4, 3)))


@settings(deadline=None)
@given(shape=SHAPES)
def test_unscaled_weights_are_equivalent(shape: tuple[int, int]) -> None:
    """A layer on scaled inputs equals the unscaled layer on raw inputs."""
    vectors, rng = _vectors(shape), np.random.default_rng(1)
    weight = rng.normal(size=(5, shape[1])).astype(np.float32)
    bias = rng.normal(size=5).astype(np.float32)
    scaling = Scaling.of(vectors)
    unscale, shifted = scaling.unscale(weight, bias)
    expected = scaling.apply(vectors) @ weight.T + bias
    np.testing.assert_allclose(vectors @ unscale.T + shifted, expected, rtol=1e-3, atol=1e-3)


@settings(deadline=None, max_examples=60)
@given(shape=SHAPES, count=st.integers(1, 20))
def test_directions_are_orthonormal_up_to_the_dimension(shape: tuple[int, int], count: int) -> None:
    """The requested number of unit vectors, orthogonal up to the dimension."""
    inputs = Scaling.of(_vectors(shape)).apply(_vectors(shape))
    found = principal_directions(inputs, count, np.random.RandomState(0))
    assert found.shape == (count, shape[1])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-4)
    orthonormal = found[: min(count, shape[1])]
    np.testing.assert_allclose(orthonormal @ orthonormal.T, np.eye(len(orthonormal)), atol=1e-3)


def test_the_first_directions_hold_most_of_the_variance() -> None:
    """Two directions of large variance are found first."""
    vectors = _vectors((200, 8)) * [9, 7, 1, 1, 1, 1, 1, 1]
    inputs = Scaling.of(vectors).apply(vectors)
    found = principal_directions(inputs, 2, np.random.RandomState(0))
    assert np.square(found[:, :2]).sum() > 1.9
