"""Metrics of weighted items equal those of items repeated as often as their weight."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import average_precision_score

from tunesmith.evaluation.weighted_metrics import (
    Order,
    weighted_average_precision,
    weighted_pearson,
    weighted_spearman,
)

ITEMS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans(), st.integers(0, 3)),
    min_size=3,
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(ITEMS)
def test_they_equal_scipy_and_scikit_learn(items: list[tuple[int, int, bool, int]]) -> None:
    """The data include ties and items of weight 0."""
    one, other, positive, weights = (np.array(column) for column in zip(*items, strict=True))
    rows = np.repeat(np.arange(len(one)), weights)
    wide = weights[None].astype(np.float32)
    if len(np.unique(one[rows])) > 1 and len(np.unique(other[rows])) > 1:
        first, second = one.astype(float), other.astype(float)
        assert weighted_pearson(first, second, wide)[0] == pytest.approx(
            pearsonr(one[rows], other[rows])[0]
        )
        assert weighted_spearman(Order.of(first), Order.of(second), wide)[0] == pytest.approx(
            spearmanr(one[rows], other[rows])[0]
        )
    if positive[rows].any():
        assert weighted_average_precision(Order.of(one.astype(float)), positive, wide)[
            0
        ] == pytest.approx(average_precision_score(positive[rows], one[rows]))


def test_constant_values_have_no_correlation() -> None:
    """The result is NaN, without a division by zero."""
    ones, weights = np.ones(4), np.ones((2, 4), dtype=np.float32)
    assert np.isnan(weighted_pearson(ones, np.arange(4.0), weights)).all()
