"""Generation of pairs."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.tuners.pairs import (
    Pair,
    pair_columns,
    pairs_from_classes,
    pairs_from_documents,
    pairs_from_function,
    pairs_from_labels,
)

LABELS = st.lists(st.integers(0, 3), min_size=1, max_size=40)
VALUES = st.sampled_from([0, 1, None, float("nan"), True, False])
CATS = st.lists(st.dictionaries(st.sampled_from("abc"), VALUES), min_size=1, max_size=25)


@given(labels=LABELS, n_neg=st.integers(0, 4), seed=st.integers(0, 5))
def test_pairs_from_classes_match_the_labels(labels: list[int], n_neg: int, seed: int) -> None:
    """Positives share a class, negatives do not; no item is paired with itself."""
    pairs = list(pairs_from_classes(range(len(labels)), labels, n_neg, seed=seed))
    for pair in pairs:
        assert pair.first != pair.second
        assert pair.similarity == float(labels[pair.first] == labels[pair.second])
    classes = Counter(labels)
    positives = Counter(pair.first for pair in pairs if pair.similarity)
    negatives = Counter(pair.first for pair in pairs if not pair.similarity)
    for item, label in enumerate(labels):
        assert positives[item] == (classes[label] > 1)
        assert negatives[item] == (n_neg if classes[label] > 1 and len(classes) > 1 else 0)
    assert pairs == list(pairs_from_classes(range(len(labels)), labels, n_neg, seed=seed))


@given(cats=CATS, n_neg=st.integers(0, 3), seed=st.integers(0, 5))
def test_unknown_labels_give_no_pairs(cats: list[dict[str, Any]], n_neg: int, seed: int) -> None:
    """Positives share a label; negatives are known to differ in one."""
    for pair in pairs_from_labels(range(len(cats)), cats, n_neg, seed=seed):
        first, second = cats[pair.first], cats[pair.second]
        wanted = 1 if pair.similarity else 0
        assert pair.first != pair.second
        assert any(first.get(name) == 1 and second.get(name) == wanted for name in "abc")


def test_equal_texts_are_no_pair() -> None:
    """Duplicate texts are neither positives nor negatives of each other."""
    texts = ["same", "same", "other", "same"]
    pairs = list(pairs_from_classes(texts, [0, 0, 0, 1], n_neg=2, seed=0))
    assert pairs
    assert all(pair.first != pair.second for pair in pairs)


def test_vectors_are_items_too() -> None:
    """Rows of an array can be paired; equal rows are the same item."""
    X: Any = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    pairs = list(pairs_from_classes(X, [0, 0, 0], n_neg=0, seed=0))
    assert all(not np.array_equal(pair.first, pair.second) for pair in pairs)


def test_documents_are_streamed() -> None:
    """Neighbours are similar, parts of other documents are not, and nothing is read ahead."""
    read: list[int] = []

    def documents() -> Iterator[list[str]]:
        for number in range(1_000_000):
            read.append(number)
            yield [f"{number}.{part}" for part in range(4)]

    for pair in islice(pairs_from_documents(documents(), 2, seed=0, pool=8), 60):
        first, second = (text.split(".") for text in (pair.first, pair.second))
        if pair.similarity:
            assert first[0] == second[0]
            assert int(second[1]) - int(first[1]) == 1
        else:
            assert first[0] != second[0]
    assert len(read) < 12


def test_custom_functions_give_the_similarity() -> None:
    """Its similarity is used, and None skips a pair."""
    rule = lambda a, b: None if a + b > 12 else abs(a - b) / 10  # noqa: E731 - one line shows the rule
    pairs = list(pairs_from_function(range(10), rule, n_pairs=200, seed=0))
    assert 50 < len(pairs) < 200
    assert all(pair.similarity == abs(pair.first - pair.second) / 10 for pair in pairs)
    assert all(pair.first + pair.second <= 12 and pair.first != pair.second for pair in pairs)


def test_columns_fit_a_learner() -> None:
    """Three lists of one length."""
    X1, X2, y = pair_columns([Pair("a", "b", 1.0), Pair("a", "c", 0.0)])
    assert (X1, X2, y) == (["a", "a"], ["b", "c"], [1.0, 0.0])


def test_what_cannot_be_paired_is_refused() -> None:
    """The message says what is wrong."""
    with pytest.raises(ValueError, match="2 items but 1 labels"):
        list(pairs_from_classes("ab", [0]))
    with pytest.raises(ValueError, match="n_neg is -1"):
        list(pairs_from_documents([], -1))
    with pytest.raises(ValueError, match=r"item 1 .* has 2 for 'a'"):
        list(pairs_from_labels("ab", [{"a": 1}, {"a": 2}]))
    with pytest.raises(ValueError, match="1 items"):
        list(pairs_from_function("a", lambda *_: 1.0, 3))
