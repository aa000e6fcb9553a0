"""Promises of an axis."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.report.charts.axis import Scale

VALUES = st.floats(-3, 3, allow_nan=False)


@given(st.lists(VALUES, min_size=1, max_size=9))
def test_every_value_lies_on_its_axis_in_order(values: list[float]) -> None:
    """Between the first tick and the last, the larger one farther on."""
    scale = Scale.over(values, 10, 90)
    places = [scale.place(value) for value in sorted(values)]
    assert places == sorted(places)
    assert 10 <= places[0] <= places[-1] <= 90
    assert (scale.ticks[0].place, scale.ticks[-1].place) == (10, 90)
    assert 2 <= len(scale.ticks) <= 11


def test_an_axis_may_run_upwards() -> None:
    """In a drawing up is less; what is written keeps a true minus sign and no negative zero."""
    scale = Scale.over([-0.6, 0.6], 100, 0)
    assert scale.place(0.6) == pytest.approx(0)
    assert [tick.text for tick in scale.ticks][2:5] == ["−0.2", "0.0", "0.2"]


def test_one_value_alone_has_an_axis() -> None:
    """Equal values are no division by zero."""
    assert Scale.over([0.3, 0.3], 0, 1).ticks
