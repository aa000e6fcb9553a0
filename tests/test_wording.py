"""Formatting of numbers and texts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith import wording as words


@given(st.text(), st.integers(5, 60))
def test_a_truncated_text_is_short_and_encodable(text: str, max_length: int) -> None:
    """It never exceeds the limit, fits on one line and can be encoded as UTF-8."""
    short = words.cut(text, max_length)
    assert len(short) <= max_length
    assert "\n" not in short
    assert short.encode("utf-8").decode("utf-8") == short


def test_characters_are_not_split() -> None:
    """A joined emoji or an accented letter is kept whole or dropped."""
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    assert words.cut("abcde" + family, 7) == "abcde…"
    assert words.cut("abcde" + family, 8) == "abcde…"
    assert words.cut("abcde\u0301f", 6) == "abcd…"


def test_surrogates_and_control_characters_are_replaced() -> None:
    """Characters that are invalid in UTF-8 or HTML become replacement characters."""
    assert words.clean("a\ud800b\x00c\x1b") == "a\ufffdb\ufffdc\ufffd"


@given(st.floats(-10, 10))
def test_a_signed_number_has_its_sign(value: float) -> None:
    """A plus or a true minus sign, and none for a rounded zero."""
    text = words.signed(value)
    assert float(text.replace(words.MINUS, "-")) == pytest.approx(value, abs=5.1e-4)
    assert text[0] in ("+", words.MINUS) or text == "0.000"


def test_a_missing_number_is_a_dash() -> None:
    """None, NaN and infinity are not printed as numbers."""
    assert {words.number(None), words.number(math.nan), words.signed(math.inf)} == {words.MISSING}


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/srv/people/ann/tickets.csv", "tickets.csv"),
        (r"C:\Users\ann\tickets.csv", "tickets.csv"),
        ("./base", "base"),
        ("models/tickets-1", "tickets-1"),
        ("BAAI/bge-small-en-v1.5", "BAAI/bge-small-en-v1.5"),
        ("all-MiniLM-L6-v2", "all-MiniLM-L6-v2"),
    ],
)
def test_paths_are_reduced_to_names(path: str, shown: str) -> None:
    """Folders of the user's machine are not shown."""
    assert words.name_only(path) == shown
