"""The representation of labels."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.sparse import csr_array

from tunesmith.errors import DataError
from tunesmith.tuners.targets import KnownLabels, label_array


def test_strings_columns_and_matrices_are_read() -> None:
    """Labels become class indices; a matrix is unchanged, including unknown entries."""
    single = KnownLabels.of(["b", "a", "b"])
    assert single.classes.tolist() == ["a", "b"]
    assert single.values.tolist() == [1, 0, 1]
    matrix = np.array([[1, np.nan], [0, 1], [1, 0]], dtype=np.float32)
    several = KnownLabels.of(matrix)
    assert several.multilabel
    assert several.classes.tolist() == [0, 1]
    np.testing.assert_array_equal(several.values, matrix)


def test_groups_that_exclude_each_other() -> None:
    """Classes are one family; in multi-label data, the 1s and 0s of each label are a family."""
    single = KnownLabels.of(["b", "a", "b"])
    assert single.families.tolist() == [0, 0]
    np.testing.assert_array_equal(single.memberships().toarray(), [[0, 1], [1, 0], [0, 1]])
    several = KnownLabels.of(np.array([[1, np.nan], [0, 1]]))
    assert several.families.tolist() == [0, 1, 0, 1]
    np.testing.assert_array_equal(several.memberships().toarray(), [[1, 0, 0, 0], [0, 1, 1, 0]])


@pytest.mark.parametrize(
    "y", [["a", "a", "a", "b"], np.array([[1, 1], [0, 1], [0, 1], [np.nan, 0]])]
)
def test_balanced_weights_give_all_groups_the_same(y: object) -> None:
    """Each class, and the 1s and 0s of each label, have the same sum of weights."""
    labels = KnownLabels.of(y)  # type: ignore[arg-type]  # wrong on purpose
    sums = labels.memberships("balanced").sum(axis=0)
    for family in np.unique(labels.families):
        np.testing.assert_allclose(np.ptp(sums[labels.families == family]), 0, atol=1e-6)


def test_joining_renumbers_by_the_larger_list_of_classes() -> None:
    """Earlier rows keep their label when a new class sorts between the others."""
    before = KnownLabels.of(["a", "c"])
    both = before.joined(KnownLabels.of(["b"], classes=["a", "b", "c"]))
    assert both.classes[both.values].tolist() == ["a", "c", "b"]


def test_a_label_outside_the_classes_is_named() -> None:
    """The message says what to do."""
    with pytest.raises(ValueError, match="'c', which is not among the classes"):
        KnownLabels.of(["a", "c"], classes=["a", "b"])


CELLS = ["a", "b", None]
MISSING: dict[str, Any] = {
    "list": ["a", "b", float("nan")],
    "tuple": ("a", "b", ""),
    "array of strings": np.array(["a", "b", " "]),
    "array of objects": np.array(CELLS, dtype=object),
    "column of one": [["a"], ["b"], [float("nan")]],
    "numbers": [0, 1, float("nan")],
    "numbers with None": [0, 1, None],
    "pandas": pd.Series(CELLS),
    "pandas strings": pd.Series(CELLS, dtype="string"),
    "pandas categories": pd.Series(CELLS, dtype="category"),
    "pandas integers": pd.Series([0, 1, None], dtype="Int64"),
    "pandas table": pd.DataFrame({"label": CELLS}),
    "polars": pl.Series(CELLS),
    "Arrow": pa.array(CELLS),
    "Arrow chunks": pa.chunked_array([CELLS]),
}


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_label_is_refused_in_every_container(name: str) -> None:
    """None, NaN, NA and blank texts are no classes, and the message names the row."""
    with pytest.raises(DataError, match=r"no label in row 2 .*: fill it in or drop the row"):
        KnownLabels.of(MISSING[name])


def test_words_for_missing_are_labels() -> None:
    """Only a user knows what they mean."""
    assert label_array(["nan", "NA"]).tolist() == ["nan", "NA"]


def test_none_in_a_matrix_is_unknown() -> None:
    """As NaN is, in lists and in nullable columns."""
    expected = np.array([[1, np.nan], [0, 1]])
    rows: Any = [[1, None], [0, 1]]
    np.testing.assert_array_equal(label_array(rows), expected)
    table = pd.DataFrame({"p": [1, 0], "q": pd.array([None, 1], dtype="Int64")})
    np.testing.assert_array_equal(label_array(table), expected)


@pytest.mark.parametrize("y", [[["a"], ["b", "c"]], "ab", csr_array(np.eye(2))])
def test_what_is_no_array_of_labels_is_refused(y: Any) -> None:
    """The message says how to pass several labels for each row."""
    with pytest.raises(DataError, match="MultiLabelBinarizer"):
        label_array(y)
