"""Rows that share a text stand on one side."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.datasets.training_data import DataOptions, load_training_data
from tunesmith.errors import DataError
from tunesmith.events import NullEvents
from tunesmith.fitting.pairs.split import row_groups, split_pairs
from tunesmith.kinds import ScoredPairs


def text(number: int) -> str:
    """Return texts that are far from nearly equal."""
    letters = np.random.default_rng(number).integers(97, 123, 30)
    return "".join(map(chr, letters))


def scored(pairs: Sequence[tuple[int, int]]) -> ScoredPairs:
    left, right = zip(*pairs, strict=True)
    columns = {
        "text1": [text(number) for number in left],
        "text2": [text(number) for number in right],
        "score": np.linspace(0, 1, len(pairs)),
        "row": range(1, len(pairs) + 1),
    }
    return ScoredPairs(pa.table({name: pa.array(values) for name, values in columns.items()}))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(41, 90)), min_size=2, max_size=20))
def test_groups_are_what_following_shared_texts_finds(pairs: list[tuple[int, int]]) -> None:
    """Equal to a naive search, where no group is too large."""
    naive = list(range(len(pairs)))
    for _ in pairs:
        for one, first in enumerate(pairs):
            for other, second in enumerate(pairs):
                if set(first) & set(second):
                    naive[one] = naive[other] = min(naive[one], naive[other])
    if max(np.bincount(naive)) > max(0.2 * len(pairs), 2):
        return
    found = row_groups(scored(pairs))
    same = np.equal.outer(found, found)
    assert np.array_equal(same, np.equal.outer(naive, naive))


def test_a_text_that_comes_everywhere_does_not_tie_all_rows_together() -> None:
    """Then only the first text of each row counts."""
    groups = row_groups(scored([(number // 2, 99) for number in range(40)]))
    assert len(np.unique(groups)) == 20


def test_sides_share_no_text(tiny_model: Path) -> None:
    """And no row is lost."""
    table = scored([(number // 3, 100 + number) for number in range(120)]).table.drop(["row"])
    data = load_training_data(table, {}, DataOptions(), str(tiny_model), NullEvents())
    sides = split_pairs(data, seed=1)
    assert len(sides.train) + len(sides.holdout) + len(sides.test) == 120
    train, held = set(sides.train.texts("text1")), set(sides.holdout.texts("text1"))
    test = set(sides.test.texts)
    assert not train & held
    assert not (train | held) & test


def test_a_judge_of_another_kind_is_welcome(tiny_model: Path, tmp_path: Path) -> None:
    """Pairs may be learned from, and scores say what it brought."""
    pairs = pa.table(
        {"anchor": [text(n) for n in range(40)], "positive": [text(n + 50) for n in range(40)]}
    )
    test = scored([(number + 200, number + 300) for number in range(12)]).table.drop(["row"])
    data = load_training_data(pairs, {"test": test}, DataOptions(), str(tiny_model), NullEvents())
    sides = split_pairs(data, seed=0)
    assert sides.test.headline == "Spearman, cosine"
    assert len(sides.test) == 12


def test_too_few_rows_are_refused(tiny_model: Path) -> None:
    """With the least that is needed, and the way out."""
    table = scored([(number, 100 + number) for number in range(12)]).table.drop(["row"])
    data = load_training_data(table, {}, DataOptions(), str(tiny_model), NullEvents())
    with pytest.raises(DataError, match="6 is the least: add rows"):
        split_pairs(data, seed=0)
