"""Tests of chart axes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.report.charts.axis import Scale

VALUES = st.floats(-3, 3, allow_nan=False)


@given(st.lists(VALUES, min_size=1, max_size=9))
def test_values_are_on_the_axis_in_order(values: list[float]) -> None:
    """Values are between the first and last tick, and larger values are farther along."""
    scale = Scale.over(values, 10, 90)
    positions = [scale.place(value) for value in sorted(values)]
    assert positions == sorted(positions)
    assert 10 <= positions[0] <= positions[-1] <= 90
    assert (scale.ticks[0].place, scale.ticks[-1].place) == (10, 90)
    assert 2 <= len(scale.ticks) <= 11


def test_a_vertical_axis() -> None:
    """Upwards is a smaller coordinate; labels have a true minus sign and no negative zero."""
    scale = Scale.over([-0.6, 0.6], 100, 0)
    assert scale.place(0.6) == pytest.approx(0)
    assert [tick.text for tick in scale.ticks][2:5] == ["−0.2", "0.0", "0.2"]


def test_a_single_value_has_an_axis() -> None:
    """Equal values do not divide by zero."""
    assert Scale.over([0.3, 0.3], 0, 1).ticks
