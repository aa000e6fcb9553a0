"""All duplicates and near-duplicates are found, and no other texts."""

import csv
import string
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.data.splits import near_duplicates as duplicates
from tunesmith.data.splits.near_duplicates import (
    NEAR,
    groups,
    normalise,
    shingles,
)

WORDS = [
    "card",
    "order",
    "refund",
    "late",
    "cancel",
    "login",
    "pay",
    "money",
    "broken",
    "help",
    "the",
    "my",
    "is",
    "not",
    "please",
    "why",
]


def sentences(count: int, seed: int = 0) -> list[str]:
    """Return random sentences, half of them slightly modified copies of others."""
    random = np.random.default_rng(seed)
    texts = [" ".join(random.choice(WORDS, size=random.integers(4, 30))) for _ in range(count // 2)]
    return texts + [_changed(text, random) for text in random.choice(texts, count - len(texts))]


def _changed(text: str, random: np.random.Generator) -> str:
    letters = list(text)
    for _ in range(random.integers(0, 4)):
        letters[random.integers(len(letters))] = random.choice(list(string.ascii_lowercase))
    return "".join(letters).capitalize() + str(random.choice(["", "!", " thanks"]))


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """Return the share of the union that both sets have."""
    return len(left & right) / len(left | right)


def naive_pairs(texts: Sequence[str]) -> set[tuple[int, int]]:
    """Return near-duplicate pairs by comparing all pairs of distinct texts."""
    first: dict[str, int] = {}
    for position, text in enumerate(texts):
        first.setdefault(normalise(text), position)
    pieces = {position: shingles(text) for text, position in first.items()}
    return {
        (min(one, other), max(one, other))
        for one, other in combinations(pieces, 2)
        if jaccard(pieces[one], pieces[other]) >= NEAR
    }


def naive_groups(texts: Sequence[str]) -> list[int]:
    """Return groups by following every link."""
    group = list(range(len(texts)))
    links = list(naive_pairs(texts))
    links += [
        (one, other)
        for one, other in combinations(range(len(texts)), 2)
        if normalise(texts[one]) == normalise(texts[other])
    ]
    for one, other in links:
        old, new = group[other], group[one]
        group = [new if number == old else number for number in group]
    order = list(dict.fromkeys(group))
    return [order.index(number) for number in group]


@pytest.mark.parametrize("seed", range(3))
def test_sketches_agree_with_exhaustive_comparison(seed: int) -> None:
    """For 200 texts, groups equal those of the naive version."""
    texts = sentences(200, seed)
    assert len(naive_pairs(texts)) > 10
    assert groups(texts).tolist() == naive_groups(texts)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("book a flight to boston", "book a flight to denver"),
        ("can i change my pin", "may i change my pin"),
        ("what airline is dl", "what airline is ua"),
        ("order A-1041", "order A-1042"),
        ("😀", "😡"),
        ("great 😀", "great 😡"),
        ("c++", "c"),
        ("yes", "no"),
        ("?", "!"),
        ("", "a"),
    ],
)
def test_different_short_texts_are_separate_groups(left: str, right: str) -> None:
    """Short texts that differ in a word or a character are different texts."""
    assert len(set(groups([left, right]).tolist())) == 2


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Where is my card?", "where is  my card"),
        ("I can’t log in", "I cant log in"),
        ("ﬁne café", "FINE CAFE\u0301"),
        ("zero\u200bwidth", "zerowidth"),
        ("مرحبا، كيف", "مرحبا كيف"),
        (
            "I sent the blue kettle back three weeks ago and nobody has written to me",
            "I sent the blue kettle back three weeks ago and nobody has writen to me",
        ),
    ],
)
def test_small_changes_keep_texts_in_one_group(left: str, right: str) -> None:
    """Case, punctuation, spaces, Unicode forms and a typo in a long text do not matter."""
    assert groups([left, right]).tolist() == [0, 0]


def test_groups_are_transitive() -> None:
    """A near-duplicate of one member is in the group, even if not of every member."""
    base = "the parcel that i ordered for my daughter three weeks ago has not arrived"
    chain = [base, base + " yet ok", base + " yet ok so now what to do", "something else entirely"]
    ends = jaccard(shingles(chain[0]), shingles(chain[2]))
    assert ends < NEAR
    assert groups(chain).tolist() == [0, 0, 0, 1]


def test_nothing_to_compare() -> None:
    """No text gives no group, and one text gives one group."""
    assert groups([]).tolist() == []
    assert groups(["one"]).tolist() == [0]


@given(st.text())
def test_normalisation_is_idempotent(text: str) -> None:
    """Normalising a normalised text does not change it."""
    assert normalise(normalise(text)) == normalise(text)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(alphabet="ab ?", max_size=8), max_size=12), st.randoms())
def test_groups_depend_only_on_the_texts(texts: list[str], random: object) -> None:
    """Shuffling the texts gives the same groups with other numbers."""
    order = list(range(len(texts)))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
    shuffled = groups([texts[index] for index in order])
    original = groups(texts)[order]
    assert len(set(zip(shuffled.tolist(), original.tolist(), strict=True))) == len(
        set(original.tolist())
    )


def test_one_template_is_not_compared_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """2,000 letters that differ in a number form one group after few comparisons."""
    texts = [
        f"Dear customer, your order {number:05d} has left our house and will be with you in three "
        "working days; reply to this letter if it does not."
        for number in range(2000)
    ]
    near = Mock(wraps=duplicates._near)
    monkeypatch.setattr(duplicates, "_near", near)
    assert groups(texts).max() == 0
    compared = sum(len(call.args[1]) for call in near.call_args_list)
    assert len(texts) - 1 <= compared < 4 * len(texts)


@pytest.mark.slow
def test_few_real_questions_are_near_duplicates(shared_data: Path) -> None:
    """10,003 bank questions form 9,504 groups of at most 6 questions."""
    with (shared_data / "banking77" / "train.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    sizes = np.bincount(groups(texts))
    assert (len(texts), len(sizes), sizes.max()) == (10003, 9504, 6)
