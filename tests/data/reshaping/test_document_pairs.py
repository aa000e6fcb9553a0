"""Documents are split into sentences, and parts of the same document are paired."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.data.reshaping.document_pairs import PART_PAIRS, PartPair, part_pairs, sentences

SENTENCES = st.lists(
    st.sampled_from(["The card was lost. ", "Call us at 3.5 p.m. now! ", "Why is it so? "]),
    min_size=1,
    max_size=9,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One single line here", ["One single line here"]),
        ("It costs 3.5 cents each. We paid.", ["It costs 3.5 cents each. We paid."]),
        ("It costs 3.5 cents. We paid for it.", ["It costs 3.5 cents.", "We paid for it."]),
        ('"Why is it so?" she asked me.', ['"Why is it so?" she asked me.']),
        ("He left (no one knew.) It was over.", ["He left (no one knew.)", "It was over."]),
        ("The title is here\nAnd the rest here", ["The title is here", "And the rest here"]),
        ("他的银行卡丢了。现在怎么办呢？", ["他的银行卡丢了。", "现在怎么办呢？"]),
        ("as of today, e.g. the card is new", ["as of today, e.g. the card is new"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentence_boundaries(text: str, expected: list[str]) -> None:
    """Line endings are boundaries; decimal points and abbreviations before lower case are not."""
    assert sentences(text) == expected


@given(st.text(max_size=200))
def test_no_word_is_lost(text: str) -> None:
    """For any text, the joined sentences have the same characters in the same order."""
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@given(SENTENCES, st.sampled_from(PART_PAIRS), st.integers(0, 99))
def test_pairs_are_parts_of_their_document(parts: list[str], way: PartPair, seed: int) -> None:
    """Both texts are parts of the document; a document with one sentence has no pair."""
    text = "".join(parts).strip()
    found = list(part_pairs([text], np.random.default_rng(seed), [way]))
    assert len(found) == (len(sentences(text)) > 1)
    for position, anchor, positive in found:
        assert position == 0
        assert anchor in text
        assert set(positive.split()) <= set(text.split())


def test_each_method_pairs_different_parts() -> None:
    """The first sentence with the rest, one with the next, and one with all others."""
    text = "The first one is here. The second one is here. The third one is here."
    one, two, three = sentences(text)
    random = np.random.default_rng(0)
    assert set(part_pairs([text] * 50, random, ["title"])) >= {(0, one, f"{two} {three}")}
    near = {pair[1:] for pair in part_pairs([text] * 50, random, ["neighbours"])}
    assert near == {(one, two), (two, three)}
    cloze = [pair[1:] for pair in part_pairs([text] * 2000, random, ["cloze"])]
    whole = sum(anchor in positive for anchor, positive in cloze)
    assert whole / len(cloze) == pytest.approx(0.1, abs=0.03)


def test_a_common_first_sentence_is_not_a_title() -> None:
    """A salutation, for example, would match every letter."""
    letters = [f"Dear Sir or Madam,\nletter {n} is about this. It says so again." for n in range(9)]
    letters.append("One of a kind begins so. And it ends so too.")
    generator = np.random.default_rng(0)
    assert [position for position, *_ in part_pairs(letters, generator, ["title"])] == [9]
    found = list(part_pairs(letters, generator))
    assert [position for position, *_ in found] == list(range(10))
    assert sum(first == "Dear Sir or Madam," and "again" in rest for _, first, rest in found) < 9


def test_long_runs_of_blanks_take_linear_time() -> None:
    """A pattern with backtracking would take quadratic time."""
    assert [each[:3] for each in sentences("one two three." + " " * 200_000 + "x")] == ["one"]
