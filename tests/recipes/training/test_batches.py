"""Composition of training batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.recipes.training.batches import (
    class_batches,
    label_batches,
    length_buckets,
    padding_buckets,
    token_budget_batches,
    usable_labels,
)


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=80), st.integers(10, 200))
def test_token_budget_batches_hold_every_text_once_and_keep_the_budget(
    lengths: list[int], budget: int
) -> None:
    """Every index appears once, and batches of several texts keep to the padded budget."""
    values = np.array(lengths)
    batches = token_budget_batches(values, budget)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert all(len(rows) == 1 or len(rows) * values[rows].max() <= budget for rows in batches)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=80), st.integers(1, 6))
def test_length_buckets_hold_every_text_once_and_follow_its_length(
    lengths: list[int], count: int
) -> None:
    """Buckets cover all indices, and no text is longer than one of an earlier bucket."""
    values = np.array(lengths)
    buckets = length_buckets(values, count)
    assert len(buckets) <= count
    order = np.concatenate(buckets)
    assert sorted(order.tolist()) == list(range(len(lengths)))
    assert np.all(np.diff(values[order]) <= 0)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=80), st.integers(1, 6))
def test_buckets_of_one_length_are_joined(lengths: list[int], count: int) -> None:
    """The order and the padding stay, and no two buckets are padded to the same length."""
    values = np.array(lengths)
    apart, joined = length_buckets(values, count), padding_buckets(values, count)
    assert np.array_equal(np.concatenate(apart), np.concatenate(joined))
    before, after = (
        np.concatenate([np.full(len(bucket), values[bucket[0]]) for bucket in buckets])
        for buckets in (apart, joined)
    )
    assert np.array_equal(before, after)
    assert len({int(values[bucket[0]]) for bucket in joined}) == len(joined)


@given(st.lists(st.integers(0, 5), min_size=2, max_size=200))
def test_class_batches_leave_no_text_out(classes: list[int]) -> None:
    """Every text is in the epoch, at most once per batch, whatever the class sizes."""
    numbers = np.unique(classes, return_inverse=True)[1].astype(np.int64)
    batches = class_batches(numbers, 16, 4, _rng())
    assert {int(row) for batch in batches for row in batch.rows} == set(range(len(classes)))
    for batch in batches:
        assert len(np.unique(batch.rows)) == len(batch.rows)
        assert np.array_equal(batch.groups, numbers[batch.rows])


def test_class_batches_of_even_classes_are_balanced() -> None:
    """77 classes of 8: every text once, about 64 per batch, four of most classes in it."""
    classes = np.repeat(np.arange(77), 8)
    batches = class_batches(classes, 64, 4, _rng())
    assert sorted(np.concatenate([b.rows for b in batches]).tolist()) == list(range(616))
    for batch in batches:
        assert 56 <= len(batch.rows) <= 72
        assert len(np.unique(batch.groups)) >= 12
        assert np.bincount(batch.groups).max() <= 8


def test_class_batches_of_two_classes_hold_both() -> None:
    """Two classes of equal size share every batch about evenly."""
    for batch in class_batches(np.repeat([0, 1], 320), 64, 4, _rng()):
        assert 16 <= (batch.groups == 0).sum() <= 48


def test_class_batches_of_uneven_classes_contain_negatives() -> None:
    """A class of 1,000 with classes of 12 and 3 never fills a batch alone."""
    classes = np.repeat([0, 1, 2], [1000, 12, 3])
    batches = class_batches(classes, 64, 4, _rng())
    assert all(len(np.unique(batch.groups)) >= 2 for batch in batches)
    assert sum(len(batch.rows) for batch in batches) < 1.5 * len(classes)


def test_class_batches_take_classes_of_one_text() -> None:
    """A class of a single text is in the epoch once, as a negative."""
    batches = class_batches(np.array([0, 0, 0, 1, 2]), 64, 4, _rng())
    assert [sorted(batch.rows.tolist()) for batch in batches] == [[0, 1, 2, 3, 4]]


def test_label_batches_exclude_unknown_values() -> None:
    """A batch has one label: half 1, half 0, and no row with an unknown value."""
    known = np.full((40, 2), np.nan, dtype=np.float32)
    known[:10, 0], known[10:20, 0] = 1, 0
    known[20:28, 1], known[28:40, 1] = 1, 0
    batches = label_batches(known, 16, _rng())
    assert len(batches) == 3
    for batch in batches:
        column = 0 if batch.rows.max() < 20 else 1
        assert set(known[batch.rows, column]) == {0.0, 1.0}
        assert np.array_equal(batch.groups == 0, known[batch.rows, column] == 1)


@pytest.mark.parametrize(
    ("column", "usable"), [([1, 1, 0], True), ([1, 0, 0], False), ([1, 1, np.nan], False)]
)
def test_usable_labels_need_a_positive_pair_and_a_negative(
    column: list[float], usable: bool
) -> None:
    """A label needs two texts that have it and one known not to have it."""
    known = np.array(column, dtype=np.float32)[:, None]
    assert (len(usable_labels(known)) == 1) is usable
