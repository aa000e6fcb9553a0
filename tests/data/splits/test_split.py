"""The three sides share no text, carry the same mixture of labels, and come again with a seed."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tunesmith.data.splits.split import Split, folds, split
from tunesmith.errors import DataError, UsageError
from tunesmith.kinds import Labelled, Multilabel, Texts


def labelled(labels: Sequence[str], texts: Sequence[str] | None = None) -> Labelled:
    """Examples with these labels, all texts different unless given."""
    texts = [f"{number}" * 3 for number in range(len(labels))] if texts is None else texts
    rows = np.arange(1, len(labels) + 1)
    return Labelled(pa.table({"text": list(texts), "label": list(labels), "row": rows}))


def multilabel(rows: Sequence[dict[str, int]]) -> Multilabel:
    """Examples with these labels, all texts different."""
    maps = pa.array([list(row.items()) for row in rows], pa.map_(pa.string(), pa.int8()))
    texts = [f"{number}" * 3 for number in range(len(rows))]
    return Multilabel(pa.table({"text": texts, "labels": maps, "row": np.arange(1, len(rows) + 1)}))


def alone(count: int) -> NDArray[np.int64]:
    """Every row its own group."""
    return np.arange(count, dtype=np.int64)


def sides(division: Split) -> tuple[NDArray[np.int64], ...]:
    return division.train, division.validation, division.test


uneven = st.lists(st.tuples(st.sampled_from("aaaaabbbcd"), st.integers(0, 60)), min_size=60).map(
    lambda rows: ([label for label, _ in rows], np.array([group for _, group in rows]))
)


@settings(max_examples=60, deadline=None)
@given(uneven, st.integers(0, 5))
def test_sides_are_disjoint_cover_all_and_keep_groups_whole(
    data: tuple[list[str], NDArray[np.int64]], seed: int
) -> None:
    """Every row stands on one side, with all of its group; the same seed gives the same split."""
    labels, group = data
    if len(np.unique(group)) < 8:
        return
    division = split(labelled(labels), seed=seed, groups=group)
    assert np.array_equal(np.sort(np.concatenate(sides(division))), np.arange(len(labels)))
    for side in sides(division):
        assert np.array_equal(side, np.sort(side))
        others = np.setdiff1d(np.arange(len(labels)), side)
        assert not set(group[side].tolist()) & set(group[others].tolist())
    again = split(labelled(labels), seed=seed, groups=group)
    assert all(map(np.array_equal, sides(division), sides(again)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=3, max_size=12), st.integers(0, 5))
def test_shares_are_met_and_every_class_is_tested(counts: list[int], seed: int) -> None:
    """A class of three is learned and tested, one of four also validated; shares are near."""
    labels = np.repeat([f"class {number}" for number in range(len(counts))], counts)
    if len(labels) < 20:
        return
    division = split(labelled(labels.tolist()), seed=seed, groups=alone(len(labels)))
    for number, count in enumerate(counts):
        held = [int((labels[side] == f"class {number}").sum()) for side in sides(division)]
        assert held[0] >= 1
        assert count < 3 or held[2] >= 1
        assert count < 4 or held[1] >= 1
        assert abs(held[2] - 0.2 * count) <= 2
    slack = 2 + sum(count < 10 for count in counts)  # each guarantee may cost a row
    assert abs(len(division.test) - 0.2 * len(labels)) <= slack
    assert abs(len(division.validation) - 0.15 * len(labels)) <= slack


def test_many_small_classes_meet_the_shares_together() -> None:
    """What rounding leaves over in one class is made good in the next."""
    labels = np.repeat([f"class {number}" for number in range(100)], 5)
    division = split(labelled(labels.tolist()), seed=0, groups=alone(500))
    assert [len(side) for side in sides(division)] == [300, 100, 100]
    labels = np.repeat([f"class {number}" for number in range(100)], 3)
    division = split(labelled(labels.tolist()), seed=0, groups=alone(300))
    assert len(set(labels[division.test].tolist())) == 100
    assert len(division.validation) >= 20


def test_another_seed_gives_another_split() -> None:
    """The seed matters."""
    examples = labelled(["a", "b"] * 50)
    one, other = (split(examples, seed=seed, groups=alone(100)) for seed in (0, 1))
    assert not np.array_equal(one.test, other.test)
    assert one.seed == 0


def test_near_copies_stand_on_one_side() -> None:
    """Without groups given, equal and nearly equal texts are found and kept together."""
    texts = [
        f"how do i pay for order {number * 7919} with the {number} card" for number in range(60)
    ]
    twins = [text.upper() + "!!" for text in texts]
    division = split(labelled(["a", "b"] * 60, texts + twins), seed=0)
    for side in sides(division):
        assert set((side % 60).tolist()) == {row % 60 for row in side.tolist()}
        assert len(side) == 2 * len(set((side % 60).tolist()))


def test_a_group_counts_as_its_commonest_label() -> None:
    """A group of conflicting labels is dealt as the label that most of its rows carry."""
    labels = ["a", "a", "b"] * 30 + ["b"] * 30
    group = np.concatenate([np.repeat(np.arange(30), 3), np.arange(30, 60)])
    division = split(labelled(labels), seed=0, groups=group)
    mixed = np.array([(side < 90).sum() // 3 for side in sides(division)])
    assert mixed.tolist() == [19, 5, 6] or mixed.tolist() == [20, 4, 6]


def test_a_large_group_goes_to_train() -> None:
    """A group larger than the test is not put there."""
    labels = ["a"] * 80 + ["b"] * 40
    group = np.concatenate([np.zeros(40, dtype=np.int64), np.arange(1, 81)])
    division = split(labelled(labels), seed=3, groups=group)
    assert set(range(40)) <= set(division.train.tolist())


def test_sides_that_the_user_brings_are_left_empty() -> None:
    """A share of 0 gives no row to that side, and the others share them all."""
    examples = labelled(["a", "b"] * 50)
    division = split(examples, seed=0, test=0.0, groups=alone(100))
    assert (len(division.test), len(division.validation)) == (0, 15)
    division = split(examples, seed=0, test=0.0, validation=0.0, groups=alone(100))
    assert division.train.tolist() == list(range(100))


def test_large_data_is_capped_unless_asked_otherwise() -> None:
    """Validation and test stop at their caps, and what is over is learned from."""
    examples = labelled([str(number % 7) for number in range(40_000)])
    division = split(examples, seed=0, groups=alone(40_000))
    assert (len(division.validation), len(division.test)) == (1_500, 5_000)
    free = split(examples, seed=0, groups=alone(40_000), most_test=None, most_validation=None)
    assert (len(free.validation), len(free.test)) == (6_000, 8_000)
    crowded = labelled([str(number // 4) for number in range(8_000)])
    assert len(split(crowded, seed=0, groups=alone(8_000), most_test=500).test) <= 500


def test_both_values_of_every_label_stand_on_all_sides() -> None:
    """Multi-label data: the 1s and the 0s of each label are spread, the unknown ones too."""
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
    division = split(examples, seed=0, groups=alone(600))
    assert (len(division.validation), len(division.test)) == pytest.approx((90, 120), abs=4)
    whole = examples.matrix()
    for side, share in zip(sides(division), (0.65, 0.15, 0.2), strict=True):
        for value in (0, 1):
            counts = (whole[side] == value).sum(axis=0)
            expected = share * (whole == value).sum(axis=0)
            assert (counts >= 1).all()
            assert np.abs(counts - expected).max() <= 5


def test_rows_without_a_known_label_are_dealt_too() -> None:
    """Nothing is lost when every label of a row is unknown."""
    examples = multilabel([{}, {"a": 1}, {"a": 0}, {"a": 1}, {"a": 0}] * 20)
    division = split(examples, seed=0, groups=alone(100))
    unknown = [int((side % 5 == 0).sum()) for side in sides(division)]
    assert sum(unknown) == 20
    assert min(unknown) >= 2


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_impossible_shares_are_refused(share: float) -> None:
    """Shares that leave nothing to train on are a wrong use."""
    with pytest.raises(UsageError, match="shares from 0 to 1"):
        split(labelled(["a", "b"] * 20), seed=0, test=share)


def test_too_little_to_split_is_said_plainly() -> None:
    """Copies of one text cannot fill three sides; no rows and no labels cannot be split."""
    with pytest.raises(DataError, match="1 different text is too few for a validation and a test"):
        split(labelled(["a"] * 20, ["same text"] * 20), seed=0)
    with pytest.raises(DataError, match="no rows"):
        split(labelled([]), seed=0)
    texts = Texts(pa.table({"text": ["a"], "row": [1]}))
    with pytest.raises(UsageError, match="only labelled and multilabel"):
        split(texts, seed=0)  # type: ignore[arg-type]  # that is what is refused
    with pytest.raises(UsageError, match="3 group numbers were given for 4 rows"):
        split(labelled(["a", "b"] * 2), seed=0, groups=alone(3))


@settings(max_examples=40, deadline=None)
@given(uneven, st.integers(2, 6), st.integers(0, 3))
def test_folds_test_each_row_once(
    data: tuple[list[str], NDArray[np.int64]], k: int, seed: int
) -> None:
    """Folds are disjoint, cover every row, keep groups whole and come again with a seed."""
    labels, group = data
    pooled = ["a" if label in "cd" else label for label in labels]
    if any(len(np.unique(group[np.array(pooled) == name])) < 2 for name in set(pooled)):
        return
    if len(np.unique(group)) < k:
        return
    parts = folds(labelled(pooled), k, seed=seed, groups=group)
    assert len(parts) == k
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(labels)))
    for part in parts:
        others = np.setdiff1d(np.arange(len(labels)), part)
        assert not set(group[part].tolist()) & set(group[others].tolist())
    again = folds(labelled(pooled), k, seed=seed, groups=group)
    assert all(map(np.array_equal, parts, again))


def test_folds_hold_the_same_mixture() -> None:
    """Each fold has its share of each class, and all are of one size."""
    labels = np.array(["a"] * 52 + ["b"] * 33 + ["c"] * 7)
    parts = folds(labelled(labels.tolist()), 5, seed=0, groups=alone(92))
    assert sorted(map(len, parts)) == [18, 18, 18, 19, 19]
    for part in parts:
        assert int((labels[part] == "a").sum()) in (10, 11)
        assert int((labels[part] == "b").sum()) in (6, 7)
        assert int((labels[part] == "c").sum()) in (1, 2)


def test_impossible_folds_are_refused() -> None:
    """One fold, more folds than texts, and a class of one text are refused with a way out."""
    examples = labelled(["a", "a", "b", "b"])
    with pytest.raises(UsageError, match="give 2 or more"):
        folds(examples, 1, seed=0)
    with pytest.raises(DataError, match="4 different texts cannot make 5 folds"):
        folds(examples, 5, seed=0, groups=alone(4))
    with pytest.raises(DataError, match=r"“b”.*drop the class"):
        folds(examples, 2, seed=0, groups=np.array([0, 1, 2, 2]))


def test_folds_may_hold_a_lone_class() -> None:
    """If that is wanted; otherwise it is refused by its name."""
    examples = labelled(["a"] * 9 + ["lone"])
    with pytest.raises(DataError, match="lone"):
        folds(examples, 2, seed=0, groups=alone(10))
    sides = folds(examples, 2, seed=0, groups=alone(10), lone_classes=True)
    assert sorted(np.concatenate(sides).tolist()) == list(range(10))


@pytest.mark.slow
def test_real_data_has_every_class_on_every_side(shared_data: Path) -> None:
    """10,003 rows of 77 classes: the sides have their sizes, and every class stands on each."""
    with (shared_data / "banking77" / "train.csv").open(encoding="utf-8", newline="") as file:
        labels = [row["category"] for row in csv.DictReader(file)]
    division = split(labelled(labels), seed=0, groups=alone(len(labels)))
    assert [len(side) for side in sides(division)] == pytest.approx([6503, 1500, 2000], abs=2)
    for side in sides(division):
        assert len({labels[row] for row in side}) == 77
