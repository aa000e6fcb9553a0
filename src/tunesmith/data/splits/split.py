"""Split examples into training, validation and test sets, stratified by label.

Duplicates and near-duplicates form groups (:mod:`~tunesmith.data.splits.near_duplicates`), which
are never split. Groups are assigned label by label, rarest label first, each to the subset with the
largest deficit of that label: iterative stratification (Sechidis, Tsoumakas and Vlahavas, "On the
stratification of multi-label data", ECML PKDD 2011). With one label per row this is ordinary
stratification, except that rounding errors in one class are compensated in the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.splits.near_duplicates import groups as groups_of
from tunesmith.data.splits.training_only import training_only as training_only_rows
from tunesmith.errors import DataError, UsageError
from tunesmith.kinds import Examples, Labelled, Multilabel
from tunesmith.wording import plural

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_VALIDATION: Final = 1_500
"""Maximum validation rows; more would make model selection slower but not better."""

MOST_TEST: Final = 5_000
"""Maximum test rows; more would hardly narrow the confidence interval."""

_TRAIN, _VALIDATION, _TEST = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Split:
    """Three disjoint sets that cover all rows, as sorted positions (int64), and the random seed.

    Examples
    --------
    >>> parts = Split(np.array([0, 2, 3]), np.array([1]), np.array([4]), seed=0)
    >>> parts.train.tolist()
    [0, 2, 3]
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    seed: int


def split(
    examples: Labelled | Multilabel,
    *,
    seed: int,
    test: float = 0.2,
    validation: float = 0.15,
    groups: NDArray[np.int64] | None = None,
    most_test: int | None = MOST_TEST,
    most_validation: int | None = MOST_VALIDATION,
) -> Split:
    """Split the examples into training, validation and test sets.

    A class with three or more groups is in the training and the test set, and with four or more
    also in the validation set; a class with one group is in the training set only, with all rows of
    that group. Any other group with different labels counts as its majority label.

    Parameters
    ----------
    examples
        Rows with labels.
    seed
        Random seed. The same seed gives the same split of the same rows in the same order.
    test, validation
        Shares of the rows, 0 to 1; 0 if the user provides a separate file.
    groups
        Group numbers, shape (n,); by default, near-duplicate groups.
    most_test, most_validation
        Maximum number of rows; ``None`` for no limit.

    Returns
    -------
    Split
        The positions of the three sets.

    Raises
    ------
    UsageError
        The shares leave no training data, or the examples have no labels.
    DataError
        There are too few distinct texts for the requested sets.

    Examples
    --------
    >>> from tunesmith.data import detect, read
    >>> tickets = detect(read("examples/tickets.csv")).examples
    >>> parts = split(tickets, seed=0)
    >>> len(tickets.take(parts.train)), len(parts.validation), len(parts.test)
    (421, 97, 129)
    """
    _check_shares(test, validation)
    _check_labels(examples)
    groups = groups_of(examples.texts()) if groups is None else np.asarray(groups)
    blocks = _Blocks.of(examples, groups, seed)
    validation_share = _capped(validation, most_validation, len(examples))
    test_share = _capped(test, most_test, len(examples))
    shares = np.array([1 - validation_share - test_share, validation_share, test_share])
    untested = training_only_rows(examples, blocks.block)
    fixed = np.unique(blocks.block[untested])
    subsets = _assign(blocks, shares, priority=(_TRAIN, _TEST, _VALIDATION), training=fixed)
    for subset, limit in ((_VALIDATION, most_validation), (_TEST, most_test)):
        _trim(subsets, blocks.sizes, subset, limit)
    _check_subsets(subsets, shares, _too_few(blocks.block, untested))
    rows = subsets[blocks.block]
    return Split(
        train=np.flatnonzero(rows == _TRAIN),
        validation=np.flatnonzero(rows == _VALIDATION),
        test=np.flatnonzero(rows == _TEST),
        seed=seed,
    )


def folds(
    examples: Labelled | Multilabel,
    k: int,
    *,
    seed: int,
    groups: NDArray[np.int64] | None = None,
    training_only: NDArray[np.bool_] | None = None,
) -> list[NDArray[np.int64]]:
    """Split the examples into ``k`` stratified test sets (folds) of about the same size.

    The training rows of a fold are all rows outside it. Rows that are used for training only are in
    no fold, so they are training rows of every fold. The groups of any other class are in at least
    two folds; a group with different labels counts as its majority label.

    Parameters
    ----------
    examples
        Rows with labels.
    k
        The number of folds, at least 2.
    seed
        Random seed. The same seed gives the same folds of the same rows in the same order.
    groups
        Group numbers, shape (n,); by default, near-duplicate groups.
    training_only
        Which rows are in no fold, bool, shape (n,); whole groups. By default, those of classes with
        a single group (:func:`~tunesmith.data.training_only`), because a class cannot be in
        training and test with one text.

    Returns
    -------
    list of ndarray
        Sorted positions, int64. The folds are disjoint and cover all rows that can be tested.

    Raises
    ------
    UsageError
        ``k`` is less than 2, or the examples have no labels.
    DataError
        There are fewer distinct texts that can be tested than folds.

    Examples
    --------
    >>> import pyarrow as pa
    >>> labels = ["x", "y"] * 3 + ["rare"]
    >>> examples = Labelled(pa.table({"text": list("abcdefg"), "label": labels, "row": [1] * 7}))
    >>> parts = folds(examples, 3, seed=0)
    >>> [sorted(examples.labels[part].tolist()) for part in parts]
    [['x', 'y'], ['x', 'y'], ['x', 'y']]
    >>> np.setdiff1d(np.arange(7), parts[0]).tolist()[-1]    # the rare row is always in training
    6
    """
    if k < 2:
        raise UsageError(f"the number of folds is {k}", hint="use 2 or more", option="k")
    _check_labels(examples)
    groups = groups_of(examples.texts()) if groups is None else np.asarray(groups)
    if training_only is None:
        training_only = training_only_rows(examples, groups)
    tested = np.flatnonzero(~training_only)
    if len(np.unique(groups[tested])) < k:
        raise DataError(
            f"{_too_few(groups, training_only)} for {k} folds",
            hint="use fewer folds or add rows",
        )
    blocks = _Blocks.of(examples.take(tested), groups[tested], seed)
    rows = _assign(blocks, np.full(k, 1 / k), priority=())[blocks.block]
    return [tested[rows == fold] for fold in range(k)]


def _too_few(groups: NDArray[np.int64], untested: NDArray[np.bool_]) -> str:
    """Return the start of a message about the number of distinct texts."""
    texts, testable = len(np.unique(groups)), len(np.unique(groups[~untested]))
    shown = plural(texts, "distinct text")
    if testable < texts:
        shown += f", {testable:,} of which can be tested,"
    return f"{shown} {'is' if texts == 1 else 'are'} too few"


def _check_labels(examples: Examples) -> None:
    if not isinstance(examples, Labelled | Multilabel):
        raise UsageError(
            f"only labelled and multilabel data can be split by label, not {examples.kind}",
            option="examples",
        )


@dataclass(frozen=True, eq=False)
class _Blocks:
    """Groups in random order, and the number of rows for each label in them.

    ``block`` is the group of each row, ``sizes`` the number of rows of each group, and ``counts`` a
    sparse matrix of groups by labels. Multi-label data have a column for the 1s and a column for
    the 0s of each label.
    """

    block: NDArray[np.int64]
    sizes: NDArray[np.int64]
    counts: "csr_array"

    @classmethod
    def of(cls, examples: Labelled | Multilabel, groups: NDArray[np.int64], seed: int) -> "_Blocks":
        if len(groups) != len(examples):
            raise UsageError(
                f"got {len(groups)} group numbers for {len(examples)} rows", option="groups"
            )
        if not len(examples):
            raise DataError("there are no rows to split")
        _, block = np.unique(groups, return_inverse=True)
        shuffled = np.random.default_rng(seed).permutation(block.max() + 1)
        block = shuffled[block]
        labels = _label_counts(examples, block, len(shuffled))
        return cls(block, np.bincount(block, minlength=len(shuffled)), labels)


def _label_counts(examples: Labelled | Multilabel, block: NDArray[np.int64], n: int) -> "csr_array":
    from scipy.sparse import coo_array

    if isinstance(examples, Labelled):
        rows, columns = block, np.unique(examples.labels, return_inverse=True)[1]
    else:
        known = np.column_stack([examples.matrix() == value for value in (1, 0)])
        known = np.column_stack([known, ~known.any(axis=1)])  # rows without any known label
        positions, columns = np.nonzero(known)
        rows = block[positions]
    shape = (n, int(columns.max()) + 1)
    counts = coo_array((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=shape).tocsr()
    return _majority(counts) if isinstance(examples, Labelled) else counts


def _majority(counts: "csr_array") -> "csr_array":
    """Count all rows of a group under its majority label, the first one in case of a tie."""
    from scipy.sparse import csr_array

    sizes = np.asarray(counts.sum(axis=1)).ravel()
    majority = np.asarray(counts.argmax(axis=1)).ravel()
    return csr_array((sizes, (np.arange(len(sizes)), majority)), shape=counts.shape)


def _assign(
    blocks: _Blocks,
    shares: NDArray[np.float64],
    priority: Sequence[int],
    training: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Return the subset of each group, shape (groups,); groups in ``training`` are fixed there."""
    assignment = _Assignment(blocks, shares)
    for group in [] if training is None else training.tolist():
        assignment.put(group, _TRAIN)
    by_label = blocks.counts.tocsc()
    for label in np.argsort(np.diff(by_label.indptr), kind="stable").tolist():
        members = by_label.indices[by_label.indptr[label] : by_label.indptr[label + 1]]
        assignment.add_label(label, np.sort(members), priority)
    return assignment.subsets


class _Assignment:
    """The assignment of groups to subsets so far, and the rows that each subset still needs."""

    def __init__(self, blocks: _Blocks, shares: NDArray[np.float64]) -> None:
        self.blocks, self.shares = blocks, shares
        self.subsets = np.full(len(blocks.sizes), -1, dtype=np.int64)
        self.deficit = np.outer(shares, np.asarray(blocks.counts.sum(axis=0)).ravel())
        self.rows = np.zeros(len(shares))

    def add_label(self, label: int, members: NDArray[np.int64], priority: Sequence[int]) -> None:
        """Assign the groups of a label that are not yet assigned by an earlier, rarer label."""
        largest_first = np.argsort(-self.blocks.sizes[members], kind="stable")
        waiting = [group for group in members[largest_first].tolist() if self.subsets[group] < 0]
        correction = self._size_correction()
        present = set(self.subsets[members].tolist()) - {-1}
        for minimum, subset in zip((1, 3, 4), priority, strict=False):
            wanted = subset not in present and self.shares[subset] > 0
            if wanted and waiting and len(members) >= minimum:
                # the training set is the largest, so it takes the largest group
                self.put(waiting.pop(0 if subset == priority[0] else -1), subset)
        for group in waiting:
            wanting = self.deficit[:, label] + correction
            if not priority and len(present) == 1:
                wanting[[*present]] = -np.inf  # a class needs training texts when it is tested
            self.put(group, int(np.argmax(wanting)))
            present.add(int(self.subsets[group]))

    def _size_correction(self) -> NDArray[np.float64]:
        """Return each subset's deficit over all labels so far, relative to the largest deficit."""
        behind = self.shares * self.rows.sum() - self.rows
        # at most one row, so that one huge group does not distort the labels after it
        correction: NDArray[np.float64] = np.clip(behind - behind.max(), -1, 0)
        correction[self.shares == 0] = -np.inf
        return correction

    def put(self, group: int, subset: int) -> None:
        """Assign a group to a subset."""
        counts = self.blocks.counts
        labels = slice(counts.indptr[group], counts.indptr[group + 1])
        self.subsets[group] = subset
        self.deficit[subset, counts.indices[labels]] -= counts.data[labels]
        self.rows[subset] += self.blocks.sizes[group]


def _check_shares(test: float, validation: float) -> None:
    if not (test >= 0 and validation >= 0 and test + validation < 1):
        raise UsageError(
            f"test={test} and validation={validation} are not valid",
            hint="use shares from 0 to 1 that leave rows for training",
            option="test",
        )


def _capped(share: float, limit: int | None, rows: int) -> float:
    return share if limit is None else min(share, limit / rows)


def _trim(
    subsets: NDArray[np.int64], sizes: NDArray[np.int64], subset: int, limit: int | None
) -> None:
    """Move the groups of a subset beyond its row limit to the training set."""
    members = np.flatnonzero(subsets == subset)
    if limit is not None:
        subsets[members[np.cumsum(sizes[members]) > limit]] = _TRAIN


def _check_subsets(subsets: NDArray[np.int64], shares: NDArray[np.float64], too_few: str) -> None:
    names = ("training", "validation", "test")
    empty = [
        f"a {name} set"
        for subset, name in enumerate(names)
        if shares[subset] > 0 and not (subsets == subset).any()
    ]
    if empty:
        raise DataError(
            f"{too_few} for {' and '.join(empty)}",
            hint="add rows, or provide test and validation files",
        )
