"""Per-item scores: means, and several scores combined."""

import numpy as np
import pytest

from tunesmith.errors import UsageError
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.item_scores import JointScores, MeanScores, value


def scores(*hits: int) -> JointScores:
    one = np.array(hits, dtype=np.float64)
    return JointScores((MeanScores({"hits": one}), MeanScores({"misses": 1 - one})))


def test_weights_count_items_several_times() -> None:
    """An item of weight k counts as k copies."""
    weights = np.array([[1, 1, 1], [0, 3, 1]], dtype=np.float32)
    assert scores(1, 0, 1).values("hits", weights) == pytest.approx([2 / 3, 1 / 4])


def test_each_metric_comes_from_its_part() -> None:
    """Swapping rows swaps them in every part."""
    one, other = scores(1, 1, 0), scores(0, 1, 1)
    assert one.metrics == ("hits", "misses")
    assert value(one, "misses") == pytest.approx(1 / 3)
    mixed = one.swapped(other, np.array([True, False, True]))
    assert (value(mixed, "hits"), value(mixed, "misses")) == pytest.approx((2 / 3, 1 / 3))
    assert not one.less_is_better("hits")


def test_a_part_is_compared_as_the_whole_is() -> None:
    """It has the same interval and the same p-value."""
    one, other = scores(*[0] * 9, 1), scores(*[1] * 8, 0, 1)
    whole = Comparison(one, other)
    part = Comparison(one.part("hits"), other.part("hits"))
    assert whole.change("hits") == part.change("hits")
    assert whole.p_value("hits") == part.p_value("hits")


def test_taking_no_items_is_an_error() -> None:
    """There is no mean without items."""
    one = MeanScores({"hits": np.array([1.0, 0.0])})
    assert value(one.take(np.array([True, False])), "hits") == 1
    with pytest.raises(UsageError, match="no items"):
        one.take(np.array([], dtype=np.int64))
