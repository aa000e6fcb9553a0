"""Promises of how numbers and texts are written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith import wording as words
from tunesmith.results.summary import Change


@given(st.text(), st.integers(5, 60))
def test_a_cut_text_is_short_and_can_be_written(text: str, longest: int) -> None:
    """Never longer than asked, on one line, and storable as UTF-8."""
    short = words.cut(text, longest)
    assert len(short) <= longest
    assert "\n" not in short
    assert short.encode("utf-8").decode("utf-8") == short


def test_characters_are_not_cut_in_half() -> None:
    """A joined emoji and an accented letter stay whole or go."""
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    assert words.cut("abcde" + family, 7) == "abcde…"
    assert words.cut("abcde" + family, 8) == "abcde…"
    assert words.cut("abcde\u0301f", 6) == "abcd…"


def test_half_characters_and_control_characters_are_replaced() -> None:
    """What UTF-8 or HTML cannot hold becomes a replacement character."""
    assert words.clean("a\ud800b\x00c\x1b") == "a\ufffdb\ufffdc\ufffd"


@given(st.floats(-10, 10))
def test_a_written_change_has_its_sign(value: float) -> None:
    """A plus or a true minus sign, and none when nothing is left after rounding."""
    text = words.signed(value)
    assert float(text.replace(words.MINUS, "-")) == pytest.approx(value, abs=5.1e-4)
    assert text[0] in ("+", words.MINUS) or text == "0.000"


def test_a_number_that_is_not_known_is_a_dash() -> None:
    """None, NaN and infinity are not printed as numbers."""
    assert {words.number(None), words.number(math.nan), words.signed(math.inf)} == {words.NONE}


def test_points_are_for_shares_only() -> None:
    """Log loss is not spoken of in points."""
    loss = Change("log loss", 0.412, 0.299, -0.2, -0.05, higher_is_better=False)
    assert words.format_change(loss) == "−0.113 log loss"
    assert words.format_interval(loss) == "95% interval −0.200 to −0.050"


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("/srv/people/ann/tickets.csv", "tickets.csv"),
        (r"C:\Users\ann\tickets.csv", "tickets.csv"),
        ("./base", "base"),
        ("models/tickets-1", "tickets-1"),
        ("BAAI/bge-small-en-v1.5", "BAAI/bge-small-en-v1.5"),
        ("all-MiniLM-L6-v2", "all-MiniLM-L6-v2"),
    ],
)
def test_paths_are_reduced_to_names(place: str, shown: str) -> None:
    """No folder of the user's machine is shown."""
    assert words.name_only(place) == shown
