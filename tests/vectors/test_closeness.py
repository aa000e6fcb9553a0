"""Ranking by distance to a few examples."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import pairwise_distances
from sklearn.preprocessing import FunctionTransformer

from tests.error_fields import about
from tunesmith import SentenceEncoder, rank_by_closeness
from tunesmith.errors import UsageError
from tunesmith.vectors.closeness import distances_to_anchors

SAME = FunctionTransformer()


@given(seed=st.integers(0, 99), metric=st.sampled_from(["cosine", "euclidean", "manhattan"]))
def test_distances_are_scikit_learns(seed: int, metric: Any) -> None:
    """The minimum or mean of the distances to all anchors."""
    rng = np.random.default_rng(seed)
    items, anchors = rng.normal(size=(7, 3)), rng.normal(size=(4, 3))
    expected = pairwise_distances(items, anchors, metric=metric)
    found = distances_to_anchors(items, anchors, SAME, metric=metric)
    np.testing.assert_allclose(found, expected.min(axis=1), atol=1e-5)
    mean = distances_to_anchors(items, anchors, SAME, metric=metric, aggregate=np.mean)
    np.testing.assert_allclose(mean, expected.mean(axis=1), atol=1e-5)


def test_the_closest_come_first() -> None:
    """Ties keep their order, and anchors may have their own encoder."""
    items = [[0.0, 1.0], [1.0, 0.0], [2.0, 0.0], [1.0, 1.0]]
    ranking = rank_by_closeness(items, [[0.0, 3.0]], SAME, FunctionTransformer(np.flip))
    assert ranking.order.tolist() == [1, 2, 3, 0]
    assert ranking.closest(list("abcd"), k=2) == ["b", "c"]
    with pytest.raises(UsageError, check=about(option="anchors")):
        rank_by_closeness(items, [], SAME)


@pytest.mark.slow
def test_texts_like_the_examples_come_first() -> None:
    """With the real encoder."""
    texts = ["cancel my card", "the parcel is late", "how do I log in?", "no delivery so far"]
    ranking = rank_by_closeness(texts, ["late delivery", "where is my parcel"], SentenceEncoder())
    assert set(ranking.closest(texts, k=2)) == {"the parcel is late", "no delivery so far"}
