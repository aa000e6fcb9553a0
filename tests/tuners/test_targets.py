"""The representation of labels."""

import numpy as np
import pytest

from tunesmith.tuners.targets import KnownLabels


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
