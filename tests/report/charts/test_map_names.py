"""Tests of the names of classes on a map."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from tunesmith.report.charts.map_names import (
    CHARACTER_WIDTH,
    LINE_HEIGHT,
    Anchor,
    MapName,
    place_names,
)

ANCHORS = st.lists(
    st.tuples(st.text("abc", min_size=1, max_size=40), st.floats(-50, 500), st.floats(-50, 400)),
    max_size=20,
)


def _overlap(one: MapName, other: MapName) -> bool:
    width = CHARACTER_WIDTH * (len(one.text) + len(other.text)) / 2
    return abs(one.y - other.y) < LINE_HEIGHT and abs(one.x - other.x) < width


@given(ANCHORS)
def test_names_never_cover_each_other(classes: list[tuple[str, float, float]]) -> None:
    """They stay within the map, each at most once."""
    names = place_names([Anchor(n, *each) for n, each in enumerate(classes)], 480, 380)
    assert not [pair for pair in combinations(names, 2) if _overlap(*pair)]
    assert len({name.number for name in names}) == len(names)
    for name in names:
        half = CHARACTER_WIDTH * len(name.text) / 2
        assert half <= name.x + 0.1
        assert name.x - 0.1 <= 480 - half
        assert 0 < name.y < 380


def test_the_first_class_keeps_its_place() -> None:
    """A name without room near its class is left out: the legend has it."""
    names = place_names([Anchor(n, "card", 50, 30) for n in range(9)], 100, 60)
    assert (names[0].x, names[0].y) == (50, 30)
    assert len(names) < 9
