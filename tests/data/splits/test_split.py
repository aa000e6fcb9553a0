"""Splits share no text, are stratified by label, and are reproducible with a seed."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.error_fields import about
from tunesmith.data.splits.split import Split, folds, split
from tunesmith.data.splits.training_only import training_only, untestable_classes
from tunesmith.errors import DataError, UsageError
from tunesmith.kinds import Labelled, Multilabel, Texts


def labelled(labels: Sequence[str], texts: Sequence[str] | None = None) -> Labelled:
    """Return examples with these labels, and with distinct texts by default."""
    texts = [f"{number}" * 3 for number in range(len(labels))] if texts is None else texts
    rows = np.arange(1, len(labels) + 1)
    return Labelled(pa.table({"text": list(texts), "label": list(labels), "row": rows}))


def multilabel(rows: Sequence[dict[str, int]]) -> Multilabel:
    """Return examples with these labels and distinct texts."""
    maps = pa.array([list(row.items()) for row in rows], pa.map_(pa.string(), pa.int8()))
    texts = [f"{number}" * 3 for number in range(len(rows))]
    return Multilabel(pa.table({"text": texts, "labels": maps, "row": np.arange(1, len(rows) + 1)}))


def singletons(count: int) -> NDArray[np.int64]:
    """Return a separate group for each row."""
    return np.arange(count, dtype=np.int64)


def subsets(parts: Split) -> tuple[NDArray[np.int64], ...]:
    return parts.train, parts.validation, parts.test


uneven = st.lists(st.tuples(st.sampled_from("aaaaabbbcd"), st.integers(0, 60)), min_size=60).map(
    lambda rows: ([label for label, _ in rows], np.array([group for _, group in rows]))
)


@settings(max_examples=60, deadline=None)
@given(uneven, st.integers(0, 5))
def test_subsets_are_disjoint_cover_all_rows_and_keep_groups_whole(
    data: tuple[list[str], NDArray[np.int64]], seed: int
) -> None:
    """Each row is in one subset with all of its group; the same seed gives the same split."""
    labels, group = data
    if len(np.unique(group)) < 8:
        return
    parts = split(labelled(labels), seed=seed, groups=group)
    assert np.array_equal(np.sort(np.concatenate(subsets(parts))), np.arange(len(labels)))
    for subset in subsets(parts):
        assert np.array_equal(subset, np.sort(subset))
        others = np.setdiff1d(np.arange(len(labels)), subset)
        assert not set(group[subset].tolist()) & set(group[others].tolist())
    again = split(labelled(labels), seed=seed, groups=group)
    assert all(map(np.array_equal, subsets(parts), subsets(again)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=3, max_size=12), st.integers(0, 5))
def test_shares_are_met_and_every_class_is_tested(counts: list[int], seed: int) -> None:
    """Three rows suffice for training and test, four also for validation; shares are met."""
    labels = np.repeat([f"class {number}" for number in range(len(counts))], counts)
    if len(labels) < 20:
        return
    parts = split(labelled(labels.tolist()), seed=seed, groups=singletons(len(labels)))
    for number, count in enumerate(counts):
        rows = [int((labels[subset] == f"class {number}").sum()) for subset in subsets(parts)]
        assert rows[0] >= 1
        assert count < 3 or rows[2] >= 1
        assert count < 4 or rows[1] >= 1
        assert abs(rows[2] - 0.2 * count) <= 2
    slack = 2 + sum(count < 10 for count in counts)  # each guarantee may cost a row
    assert abs(len(parts.test) - 0.2 * len(labels)) <= slack
    assert abs(len(parts.validation) - 0.15 * len(labels)) <= slack


def test_many_small_classes_meet_the_shares_together() -> None:
    """Rounding errors in one class are compensated in the next."""
    labels = np.repeat([f"class {number}" for number in range(100)], 5)
    parts = split(labelled(labels.tolist()), seed=0, groups=singletons(500))
    assert [len(subset) for subset in subsets(parts)] == [300, 100, 100]
    labels = np.repeat([f"class {number}" for number in range(100)], 3)
    parts = split(labelled(labels.tolist()), seed=0, groups=singletons(300))
    assert len(set(labels[parts.test].tolist())) == 100
    assert len(parts.validation) >= 20


def test_another_seed_gives_another_split() -> None:
    """The split depends on the seed."""
    examples = labelled(["a", "b"] * 50)
    one, other = (split(examples, seed=seed, groups=singletons(100)) for seed in (0, 1))
    assert not np.array_equal(one.test, other.test)
    assert one.seed == 0


def test_near_duplicates_are_in_one_subset() -> None:
    """By default, duplicates and near-duplicates are found and kept together."""
    texts = [
        f"how do i pay for order {number * 7919} with the {number} card" for number in range(60)
    ]
    twins = [text.upper() + "!!" for text in texts]
    parts = split(labelled(["a", "b"] * 60, texts + twins), seed=0)
    for subset in subsets(parts):
        assert set((subset % 60).tolist()) == {row % 60 for row in subset.tolist()}
        assert len(subset) == 2 * len(set((subset % 60).tolist()))


def test_a_group_counts_as_its_majority_label() -> None:
    """A group with conflicting labels is assigned by the majority label of its rows."""
    labels = ["a", "a", "b"] * 30 + ["b"] * 30
    group = np.concatenate([np.repeat(np.arange(30), 3), np.arange(30, 60)])
    parts = split(labelled(labels), seed=0, groups=group)
    mixed = np.array([(subset < 90).sum() // 3 for subset in subsets(parts)])
    assert mixed.tolist() == [19, 5, 6] or mixed.tolist() == [20, 4, 6]


def test_a_large_group_is_used_for_training() -> None:
    """A group larger than the test set is not part of it."""
    labels = ["a"] * 80 + ["b"] * 40
    group = np.concatenate([np.zeros(40, dtype=np.int64), np.arange(1, 81)])
    parts = split(labelled(labels), seed=3, groups=group)
    assert set(range(40)) <= set(parts.train.tolist())


def test_a_share_of_zero_gives_an_empty_subset() -> None:
    """The other subsets share all rows."""
    examples = labelled(["a", "b"] * 50)
    parts = split(examples, seed=0, test=0.0, groups=singletons(100))
    assert (len(parts.test), len(parts.validation)) == (0, 15)
    parts = split(examples, seed=0, test=0.0, validation=0.0, groups=singletons(100))
    assert parts.train.tolist() == list(range(100))


def test_large_validation_and_test_sets_are_capped() -> None:
    """By default they have a maximum size, and the excess rows are used for training."""
    examples = labelled([str(number % 7) for number in range(40_000)])
    parts = split(examples, seed=0, groups=singletons(40_000))
    assert (len(parts.validation), len(parts.test)) == (1_500, 5_000)
    free = split(examples, seed=0, groups=singletons(40_000), most_test=None, most_validation=None)
    assert (len(free.validation), len(free.test)) == (6_000, 8_000)
    crowded = labelled([str(number // 4) for number in range(8_000)])
    assert len(split(crowded, seed=0, groups=singletons(8_000), most_test=500).test) <= 500


def test_multilabel_splits_have_both_values_of_every_label() -> None:
    """The 1s, 0s and unknown values of each label are distributed over all subsets."""
    random = np.random.default_rng(0)
    chances = {"common": 0.5, "rare": 0.03, "wide": 0.9, "half known": 0.2}
    rows = [
        {
            name: int(random.random() < chance)
            for name, chance in chances.items()
            if name != "half known" or random.random() < 0.5
        }
        for _ in range(600)
    ]
    examples = multilabel(rows)
    parts = split(examples, seed=0, groups=singletons(600))
    assert (len(parts.validation), len(parts.test)) == pytest.approx((90, 120), abs=4)
    whole = examples.matrix()
    for subset, share in zip(subsets(parts), (0.65, 0.15, 0.2), strict=True):
        for value in (0, 1):
            counts = (whole[subset] == value).sum(axis=0)
            expected = share * (whole == value).sum(axis=0)
            assert (counts >= 1).all()
            assert np.abs(counts - expected).max() <= 5


def test_rows_without_a_known_label_are_distributed_too() -> None:
    """No row is lost if all of its labels are unknown."""
    examples = multilabel([{}, {"a": 1}, {"a": 0}, {"a": 1}, {"a": 0}] * 20)
    parts = split(examples, seed=0, groups=singletons(100))
    unknown = [int((subset % 5 == 0).sum()) for subset in subsets(parts)]
    assert sum(unknown) == 20
    assert min(unknown) >= 2


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_impossible_shares_are_rejected(share: float) -> None:
    """Shares that leave no training data are a usage error."""
    with pytest.raises(UsageError, check=about(option="test")):
        split(labelled(["a", "b"] * 20), seed=0, test=share)


def test_data_that_cannot_be_split_are_rejected() -> None:
    """A single distinct text, no rows, no labels, or the wrong number of groups."""
    with pytest.raises(DataError, match=r"1 distinct text, .* a validation set and a test set"):
        split(labelled(["a"] * 20, ["same text"] * 20), seed=0)
    with pytest.raises(DataError, match="no rows"):
        split(labelled([]), seed=0)
    texts = Texts(pa.table({"text": ["a"], "row": [1]}))
    with pytest.raises(UsageError, check=about(option="examples")):
        split(texts, seed=0)  # type: ignore[arg-type]  # that is what is refused
    with pytest.raises(UsageError, check=about(option="groups")):
        split(labelled(["a", "b"] * 2), seed=0, groups=singletons(3))


@settings(max_examples=40, deadline=None)
@given(uneven, st.integers(2, 6), st.integers(0, 3))
def test_folds_test_each_row_once(
    data: tuple[list[str], NDArray[np.int64]], k: int, seed: int
) -> None:
    """Folds are disjoint, cover all rows that can be tested, and keep groups whole."""
    labels, group = data
    pooled = ["a" if label in "cd" else label for label in labels]
    tested = np.flatnonzero(~training_only(labelled(pooled), group))
    if len(np.unique(group[tested])) < k:
        return
    parts = folds(labelled(pooled), k, seed=seed, groups=group)
    assert len(parts) == k
    assert np.array_equal(np.sort(np.concatenate(parts)), tested)
    for part in parts:
        others = np.setdiff1d(np.arange(len(labels)), part)
        assert not set(group[part].tolist()) & set(group[others].tolist())
    again = folds(labelled(pooled), k, seed=seed, groups=group)
    assert all(map(np.array_equal, parts, again))


def test_folds_are_stratified() -> None:
    """Each fold has its share of each class, and all folds have about the same size."""
    labels = np.array(["a"] * 52 + ["b"] * 33 + ["c"] * 7)
    parts = folds(labelled(labels.tolist()), 5, seed=0, groups=singletons(92))
    assert sorted(map(len, parts)) == [18, 18, 18, 19, 19]
    for part in parts:
        assert int((labels[part] == "a").sum()) in (10, 11)
        assert int((labels[part] == "b").sum()) in (6, 7)
        assert int((labels[part] == "c").sum()) in (1, 2)


def test_impossible_folds_are_rejected() -> None:
    """One fold, and more folds than texts that can be tested, are rejected with a remedy."""
    examples = labelled(["a", "a", "b", "b"])
    with pytest.raises(UsageError, check=about(option="k")):
        folds(examples, 1, seed=0)
    with pytest.raises(DataError, match="4 distinct texts are too few for 5 folds"):
        folds(examples, 5, seed=0, groups=singletons(4))
    with pytest.raises(DataError, match=r"2 distinct texts, 1 of which can be tested, are too few"):
        folds(examples, 2, seed=0, groups=np.array([0, 0, 1, 1]), training_only=np.arange(4) > 1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=3, max_size=12), st.integers(2, 6), st.integers(0, 5))
def test_folds_never_test_a_class_without_training_texts(
    counts: list[int], k: int, seed: int
) -> None:
    """A class with one text is in no fold; every other class is in two folds at least."""
    labels = np.repeat([f"class {number}" for number in range(len(counts))], counts)
    if sum(count for count in counts if count > 1) < k:
        return
    parts = folds(labelled(labels.tolist()), k, seed=seed, groups=singletons(len(labels)))
    for number, count in enumerate(counts):
        found = sum(f"class {number}" in labels[part] for part in parts)
        assert found == 0 if count == 1 else found >= 2
    tested = [row for row, label in enumerate(labels) if (labels == label).sum() > 1]
    assert sorted(np.concatenate(parts).tolist()) == tested


def test_a_class_with_one_group_is_never_tested() -> None:
    """Its rows are in training with all of their group, even where another class has most rows."""
    labels = ["a", "b"] * 20 + ["a", "a", "rare"] + ["copied"] * 4
    group = np.concatenate([singletons(40), [40, 40, 40], [41] * 4])
    examples = labelled(labels)
    assert untestable_classes(examples, group) == ("copied", "rare")
    assert np.flatnonzero(training_only(examples, group)).tolist() == list(range(40, 47))
    for seed in range(10):
        assert set(range(40, 47)) <= set(split(examples, seed=seed, groups=group).train.tolist())
        tested = np.concatenate(folds(examples, 4, seed=seed, groups=group))
        assert sorted(tested.tolist()) == list(range(40))


def test_the_caller_can_choose_which_rows_are_never_tested() -> None:
    """With no such row, a class with a single text is tested like any other."""
    examples = labelled(["a"] * 9 + ["lone"])
    every = folds(
        examples, 2, seed=0, groups=singletons(10), training_only=np.zeros(10, dtype=np.bool_)
    )
    assert sorted(np.concatenate(every).tolist()) == list(range(10))


def test_a_label_with_a_single_text_is_never_tested() -> None:
    """In multi-label data, that is a label with a single 1."""
    rows = [{"a": row % 2, "b": row // 2 % 2, "rare": int(row == 7)} for row in range(40)]
    examples = multilabel(rows)
    assert untestable_classes(examples, singletons(40)) == ("rare",)
    for seed in range(10):
        parts = folds(examples, 5, seed=seed, groups=singletons(40))
        assert sorted(np.concatenate(parts).tolist()) == [*range(7), *range(8, 40)]
        assert 7 in split(examples, seed=seed, groups=singletons(40)).train


def test_classes_without_labels_or_groups_are_rejected() -> None:
    """As in a split."""
    texts = Texts(pa.table({"text": ["a"], "row": [1]}))
    with pytest.raises(UsageError, check=about(option="examples")):
        untestable_classes(texts, singletons(1))  # type: ignore[arg-type]  # that is what is refused
    with pytest.raises(UsageError, check=about(option="groups")):
        training_only(labelled(["a", "b"] * 2), singletons(3))


@pytest.mark.slow
def test_real_data_has_every_class_in_every_subset(shared_data: Path) -> None:
    """10,003 rows with 77 classes: subset sizes are as expected, with every class in each."""
    with (shared_data / "banking77" / "train.csv").open(encoding="utf-8", newline="") as file:
        labels = [row["category"] for row in csv.DictReader(file)]
    parts = split(labelled(labels), seed=0, groups=singletons(len(labels)))
    assert [len(subset) for subset in subsets(parts)] == pytest.approx([6503, 1500, 2000], abs=2)
    for subset in subsets(parts):
        assert len({labels[row] for row in subset}) == 77
