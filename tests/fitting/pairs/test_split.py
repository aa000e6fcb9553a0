"""Rows that share a text are in one split."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.error_fields import about
from tunesmith.datasets.training_data import DataOptions, load_training_data
from tunesmith.errors import DataError
from tunesmith.events import ignore
from tunesmith.fitting.pairs.split import row_groups, split_pairs
from tunesmith.kinds import ScoredPairs


def text(number: int) -> str:
    """Return texts of which no two are nearly equal."""
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
def test_groups_are_connected_components(pairs: list[tuple[int, int]]) -> None:
    """They equal those of a naive search, unless a group is too large."""
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


def test_a_very_frequent_text_does_not_join_all_rows() -> None:
    """Then only the first text of each row counts."""
    groups = row_groups(scored([(number // 2, 99) for number in range(40)]))
    assert len(np.unique(groups)) == 20


def test_splits_share_no_text(tiny_model: Path) -> None:
    """No row is lost."""
    table = scored([(number // 3, 100 + number) for number in range(120)]).table.drop(["row"])
    data = load_training_data(table, {}, DataOptions(), str(tiny_model), ignore)
    split = split_pairs(data, seed=1)
    assert len(split.train) + len(split.holdout) + len(split.test) == 120
    train, validation = set(split.train.texts("text1")), set(split.holdout.texts("text1"))
    test = set(split.test.texts)
    assert not train & validation
    assert not (train | validation) & test


def test_a_test_file_may_be_of_another_kind(tiny_model: Path, tmp_path: Path) -> None:
    """Training data may be pairs, and test data scored pairs."""
    pairs = pa.table(
        {"anchor": [text(n) for n in range(40)], "positive": [text(n + 50) for n in range(40)]}
    )
    test = scored([(number + 200, number + 300) for number in range(12)]).table.drop(["row"])
    data = load_training_data(pairs, {"test": test}, DataOptions(), str(tiny_model), ignore)
    split = split_pairs(data, seed=0)
    assert split.test.headline == "Spearman, cosine"
    assert len(split.test) == 12


def test_too_few_rows_are_refused(tiny_model: Path) -> None:
    """The error gives the minimum and the solution."""
    table = scored([(number, 100 + number) for number in range(12)]).table.drop(["row"])
    data = load_training_data(table, {}, DataOptions(), str(tiny_model), ignore)
    with pytest.raises(DataError, check=about(option="test")):
        split_pairs(data, seed=0)
