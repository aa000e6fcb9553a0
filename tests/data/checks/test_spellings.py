"""Labels that look the same are found, and the message says how to merge them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.checks.checked import findings, labelled, multilabel, sentences
from tunesmith.data.checks.spellings import plain_label
from tunesmith.results.finding import Severity

# A name, another spelling of it, and how that is shown.
SPELLINGS = {
    "case": ("Refund", "refund", "“refund”"),
    "a trailing space": ("refund", "refund ", "“refund ”"),
    "two spaces": ("card lost", "card  lost", "“card  lost”"),
    "a no-break space": ("card lost", "card\u00a0lost", "“card<U+00A0>lost”"),
    "a zero-width space": ("refund", "refund\u200b", "“refund<U+200B>”"),
    "a byte-order mark": ("refund", "\ufeffrefund", "“<U+FEFF>refund”"),
    "a soft hyphen": ("refund", "re\u00adfund", "“re<U+00AD>fund”"),
    "a direction mark": ("החזר", "החזר\u200f", "“החזר<U+200F>”"),
    "a variation selector": ("★", "★\ufe0f", "“★<U+FE0F>”"),
    "a filler": ("환불", "환불\u3164", "“환불<U+3164>”"),
    "decomposed": ("café", "cafe\u0301", "“cafe<U+0301>”"),
    "decomposed Hangul": ("환불", unicodedata.normalize("NFD", "환불"), "→ “환불”"),
    "a decimal of zero": ("1", "1.0", "“1.0”"),
    "full width": ("ABC", "ＡＢＣ", "“<U+FF21><U+FF22><U+FF23>”"),
}


@pytest.mark.parametrize("case", SPELLINGS)
def test_other_spellings_are_found_with_their_rows(case: str) -> None:
    """The rows are those of the rarer spelling, and the advice says what replaces it."""
    usual, other, shown = SPELLINGS[case]
    labels = [usual] * 30 + [other] * 10 + ["something else"] * 20
    found = findings(labelled(sentences(60), labels))["label-spelling"]
    assert (found.severity, found.count, found.rows[:2]) == (Severity.WARNING, 10, (31, 32))
    assert shown in found.advice
    assert f"→ “{usual}”" in found.advice


def test_of_equally_frequent_spellings_the_plain_one_stays() -> None:
    """Also if the other one comes first, and in multi-label data."""
    labels = ["water\u200b", "water", "lift"] * 20
    assert (
        "“water<U+200B>” → “water”"
        in findings(labelled(sentences(60), labels))["label-spelling"].advice
    )
    rows = [{"water\u200b": number % 2, "water": (number + 1) % 2} for number in range(60)]
    found = findings(multilabel(rows))["label-spelling"]
    assert (found.count, found.rows[:2]) == (30, (2, 4))


@pytest.mark.parametrize(
    "labels",
    [
        ("card", "cards"),
        ("น้ำ", "นำ"),
        ("a-b", "a b"),
        ("नमक", "नमकीन"),
        ("1.0", "10"),
        ("2.1", "2.10"),
        ("1", "1.0.0"),
    ],
)
def test_other_labels_are_not_merged(labels: tuple[str, str]) -> None:
    """Visible marks, letters and punctuation make another label."""
    assert "label-spelling" not in findings(labelled(sentences(60), list(labels) * 30))


@given(st.text(max_size=20))
def test_a_plain_label_has_no_other_spelling(label: str) -> None:
    """Making a label plain twice changes nothing more."""
    assert plain_label(plain_label(label)) == plain_label(label)
