"""Classes that cannot be tested, and the rows that are therefore used for training only.

A class is tested fairly only if a model has seen other texts of it. A class with a single text, or
with near-duplicates of one, is in a single group, and a group is never split. So its rows stay in
training, together with the other rows of their group.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import UsageError
from tunesmith.kinds import Examples, Labelled, Multilabel


def untestable_classes(
    examples: Labelled | Multilabel, groups: NDArray[np.int64]
) -> tuple[str, ...]:
    """Return the classes with a single group, sorted; for multi-label data, of texts with a 1.

    Parameters
    ----------
    examples
        Rows with labels.
    groups
        Group numbers, shape (n,).

    Returns
    -------
    tuple of str
        The names of the classes.

    Raises
    ------
    UsageError
        The examples have no labels, or the number of groups differs from the number of rows.

    Examples
    --------
    >>> from tunesmith.kinds import labelled_examples
    >>> examples = labelled_examples(["a", "b", "c", "c!"], ["x", "x", "y", "y"])
    >>> untestable_classes(examples, np.array([0, 1, 2, 2]))
    ('y',)
    """
    members = _Members.of(examples, groups)
    return tuple(members.names[column] for column in np.flatnonzero(members.single))


def training_only(examples: Labelled | Multilabel, groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows are used for training only, shape (n,).

    These are the rows of :func:`untestable_classes` and all other rows of their groups.

    Parameters
    ----------
    examples
        Rows with labels.
    groups
        Group numbers, shape (n,).

    Returns
    -------
    ndarray
        True for each row that is in no validation or test set.

    Raises
    ------
    UsageError
        The examples have no labels, or the number of groups differs from the number of rows.

    Examples
    --------
    >>> from tunesmith.kinds import labelled_examples
    >>> examples = labelled_examples(["a", "b", "c"], ["x", "x", "y"])
    >>> training_only(examples, np.array([0, 1, 2])).tolist()
    [False, False, True]
    """
    members = _Members.of(examples, groups)
    rows = members.rows[members.single[members.columns]]
    return np.isin(groups, np.asarray(groups)[rows])


@dataclass(frozen=True, eq=False)
class _Members:
    """The rows of each class as two parallel arrays, and which classes have a single group."""

    names: tuple[str, ...]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    single: NDArray[np.bool_]

    @classmethod
    def of(cls, examples: Examples, groups: NDArray[np.int64]) -> "_Members":
        if not isinstance(examples, Labelled | Multilabel):
            raise UsageError(
                f"{examples.kind} have no classes: only labelled text has", option="examples"
            )
        if len(groups) != len(examples):
            raise UsageError(
                f"got {len(groups)} group numbers for {len(examples)} rows", option="groups"
            )
        if isinstance(examples, Labelled):
            found, columns = np.unique(examples.labels, return_inverse=True)
            names, rows = tuple(map(str, found)), np.arange(len(examples))
        else:
            names = examples.classes
            rows, columns = np.nonzero(examples.matrix(names) == 1)
        pairs = np.unique(np.stack([columns, np.asarray(groups)[rows]]), axis=1)
        return cls(names, rows, columns, np.bincount(pairs[0], minlength=len(names)) == 1)
