"""Raw documents are split into sentences, and parts of one are paired."""

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
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str]) -> None:
    """Not at decimal points and abbreviations before small letters; at line ends always."""
    assert sentences(text) == expected


@given(st.text(max_size=200))
def test_no_word_is_lost(text: str) -> None:
    """Whatever the text: joined, the sentences hold the same letters in the same order."""
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@given(SENTENCES, st.sampled_from(PART_PAIRS), st.integers(0, 99))
def test_pairs_are_parts_of_their_document(parts: list[str], way: PartPair, seed: int) -> None:
    """Both, and a document of one sentence has none."""
    text = "".join(parts).strip()
    found = list(part_pairs([text], np.random.default_rng(seed), [way]))
    assert len(found) == (len(sentences(text)) > 1)
    for place, anchor, positive in found:
        assert place == 0
        assert anchor in text
        assert set(positive.split()) <= set(text.split())


def test_each_way_pairs_other_parts() -> None:
    """The first with the rest; one with the next; one with all others, which hold it in a tenth."""
    text = "The first one is here. The second one is here. The third one is here."
    one, two, three = sentences(text)
    random = np.random.default_rng(0)
    assert set(part_pairs([text] * 50, random, ["title"])) >= {(0, one, f"{two} {three}")}
    near = {pair[1:] for pair in part_pairs([text] * 50, random, ["neighbours"])}
    assert near == {(one, two), (two, three)}
    cloze = [pair[1:] for pair in part_pairs([text] * 2000, random, ["cloze"])]
    whole = sum(anchor in positive for anchor, positive in cloze)
    assert whole / len(cloze) == pytest.approx(0.1, abs=0.03)


def test_what_many_documents_begin_with_is_no_title() -> None:
    """Asked for by a salutation, every letter would be the answer."""
    letters = [f"Dear Sir or Madam,\nletter {n} is about this. It says so again." for n in range(9)]
    letters.append("One of a kind begins so. And it ends so too.")
    generator = np.random.default_rng(0)
    assert [place for place, *_ in part_pairs(letters, generator, ["title"])] == [9]
    found = list(part_pairs(letters, generator))
    assert [place for place, *_ in found] == list(range(10))
    assert sum(first == "Dear Sir or Madam," and "again" in rest for _, first, rest in found) < 9


def test_blanks_without_end_are_read_in_one_go() -> None:
    """As a table without a newline has them; each was looked at as often as there are some."""
    assert [each[:3] for each in sentences("one two three." + " " * 200_000 + "x")] == ["one"]
