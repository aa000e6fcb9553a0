"""Batches contain each text once and keep to the token budget."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.encoders.backends.batches import (
    by_token_budget,
    cheapest_batches,
    pad,
    token_mask,
    unique,
)

LENGTHS = st.lists(st.integers(0, 300), max_size=80)


@given(LENGTHS, st.integers(1, 600))
def test_each_text_is_in_one_batch(lengths: list[int], budget: int) -> None:
    """Every index occurs exactly once."""
    batches = by_token_budget(lengths, budget)
    positions = [int(position) for batch in batches for position in batch]
    assert sorted(positions) == list(range(len(lengths)))


@given(LENGTHS, st.integers(1, 600))
def test_batches_keep_to_the_budget(lengths: list[int], budget: int) -> None:
    """Including padding, a batch of several texts never exceeds the budget."""
    for batch in by_token_budget(lengths, budget):
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget


@given(LENGTHS, st.integers(1, 600))
def test_the_longest_texts_come_first(lengths: list[int], budget: int) -> None:
    """Lengths never increase, so running out of memory happens at the start."""
    order = [lengths[position] for batch in by_token_budget(lengths, budget) for position in batch]
    assert order == sorted(lengths, reverse=True)


@given(LENGTHS, st.integers(1, 600))
def test_batches_are_full(lengths: list[int], budget: int) -> None:
    """The first text of a batch would not have fitted into the previous batch."""
    batches = by_token_budget(lengths, budget)
    for batch in batches[:-1]:
        assert (len(batch) + 1) * max(1, lengths[batch[0]]) > budget


@given(st.lists(st.text(max_size=3)))
def test_unique_can_be_undone(texts: list[str]) -> None:
    """Distinct texts indexed by positions restore the original texts."""
    found = unique(texts)
    assert [found.texts[position] for position in found.positions] == texts
    assert len(set(found.texts)) == len(found.texts)


@given(st.lists(st.lists(st.integers(1, 9), max_size=6), min_size=1), st.booleans())
def test_padding_is_where_the_mask_says(rows: list[list[int]], left: bool) -> None:
    """Reading only unmasked tokens restores the rows, for either padding side."""
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    filled = pad([np.array(row, dtype=np.int64) for row in rows], fill=0, left=left)
    mask = token_mask(lengths, left=left)
    assert [list(line[keep]) for line, keep in zip(filled, mask, strict=True)] == rows
    assert (filled[~mask] == 0).all()


@settings(max_examples=50)
@given(
    lengths=st.lists(st.integers(0, 40), max_size=9),
    budget=st.sampled_from([1, 30, 60, 1000]),
)
def test_the_cheapest_batches_are_the_cheapest(lengths: list[int], budget: int) -> None:
    """No other split of the sorted texts costs less; each text with tokens occurs once."""
    sizes = np.array(lengths, dtype=np.int64)
    found = cheapest_batches(sizes, budget, per_batch=20)
    assert sorted(i for batch in found for i in batch) == np.flatnonzero(sizes).tolist()
    assert _cost([sizes[batch].tolist() for batch in found], budget) == min(
        _cost(split, budget) for split in _splits(sorted(filter(None, lengths), reverse=True))
    )


def _splits(sizes: list[int]) -> list[list[list[int]]]:
    if not sizes:
        return [[]]
    heads = range(1, len(sizes) + 1)
    return [[sizes[:end], *rest] for end in heads for rest in _splits(sizes[end:])]


def _cost(split: list[list[int]], budget: int) -> float:
    padded = [len(batch) * max(batch) for batch in split]
    allowed = all(
        len(batch) == 1 or size <= budget for batch, size in zip(split, padded, strict=True)
    )
    return sum(padded) + 20 * len(split) if allowed else float("inf")
