"""New pairs are neighbours or random, and none is known or duplicated."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.data.splits.near_duplicates import normalise
from tunesmith.errors import DataError, UsageError
from tunesmith.mining.new_pairs import new_pairs

WORDS = st.lists(
    st.sampled_from(["a b", "A b!", "b c", "c d", "d", "e", "f g", "g"]),
    min_size=2,
    max_size=8,
    unique=True,
)


@settings(deadline=None)
@given(WORDS, st.integers(0, 4), st.sampled_from([0.0, 1.0, 3.0]), st.integers(0, 9))
def test_no_pair_is_known_or_duplicated(
    texts: list[str], neighbours: int, random: float, seed: int
) -> None:
    """The promise holds in any order and spelling, and no text is paired with itself."""
    vectors = np.random.default_rng(seed).normal(size=(len(texts), 4))
    known = [(0, 1)]
    found = new_pairs(texts, vectors, known, neighbours=neighbours, random=random, seed=seed)
    pairs = zip(found.first.tolist(), found.second.tolist(), strict=True)
    keys = [frozenset({normalise(texts[one]), normalise(texts[other])}) for one, other in pairs]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 2 for key in keys)
    assert frozenset({normalise(texts[0]), normalise(texts[1])}) not in keys
    assert sum(found.counts.values()) == len(found) == len(found.methods)


def test_each_method_finds_its_pairs() -> None:
    """Neighbours by vectors, then by words, then random pairs."""
    texts = ["red card", "blue sea", "old card", "my sea", "a dog"]
    angles = np.array([0.0, 0.1, 2.0, 3.0, 4.0])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = new_pairs(texts, vectors, neighbours=1, random=20, seed=3)
    by_method: dict[str, set[frozenset[int]]] = {}
    for one, other, method in zip(found.first, found.second, found.methods, strict=True):
        by_method.setdefault(method, set()).add(frozenset({int(one), int(other)}))
    assert frozenset({0, 1}) in by_method["semantic"]
    assert by_method["words"] == {frozenset({0, 2}), frozenset({1, 3})}
    assert len(found) == 10  # all there are


def test_the_seed_determines_random_pairs() -> None:
    """Another seed gives other pairs."""
    texts = [f"text {number}" for number in range(50)]
    results = [new_pairs(texts, np.eye(50), neighbours=0, seed=seed) for seed in (1, 1, 2)]
    assert results[0].first.tolist() == results[1].first.tolist() != results[2].first.tolist()
    assert results[0].counts == {"random": len(results[0])}


@pytest.mark.parametrize(
    ("texts", "parameters", "message"),
    [
        (["a"], {}, "1 texts are too few for a pair"),
        (["a", "b", "c"], {}, "3 texts and 2 vectors"),
        (["a", "b"], {"neighbours": -1}, "neighbours is -1"),
        (["a", "b"], {"random": -1}, "random -1"),
    ],
)
def test_invalid_input_is_refused(
    texts: list[str], parameters: dict[str, Any], message: str
) -> None:
    """The errors contain the values."""
    with pytest.raises((DataError, UsageError), match=message):
        new_pairs(texts, np.eye(2)[: len(texts)], **parameters)
