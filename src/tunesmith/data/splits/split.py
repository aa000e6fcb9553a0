"""Train, validation and a sealed test: stratified by label, and never through a group.

Equal and nearly equal texts form groups (:mod:`~tunesmith.data.splits.near_duplicates`); a group
stands on one side as a whole. Groups are dealt out label by label, the rarest label first, each to
the side that lacks most rows of that label: iterative stratification (Sechidis, Tsoumakas and
Vlahavas, "On the stratification of multi-label data", ECML PKDD 2011). With one label a row this is
plain stratification; what rounding leaves over in one class is made good in the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.splits.near_duplicates import groups as groups_of
from tunesmith.errors import DataError, UsageError
from tunesmith.kinds import Examples, Labelled, Multilabel

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_VALIDATION: Final = 1_500
"""Rows of validation beyond which more would not choose better, only slower."""

MOST_TEST: Final = 5_000
"""Rows of the test beyond which the interval hardly narrows."""

_TRAIN, _VALIDATION, _TEST = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Split:
    """Three sides, as sorted positions (int64) among the examples, and the seed behind them.

    They are disjoint and cover every row.
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
    """Divide the examples into three sides.

    Every class with three groups or more stands in train and test, with four or more also in
    validation. A group whose rows carry different labels counts as its commonest one.

    Parameters
    ----------
    examples
        Rows with labels.
    seed
        The same seed gives the same split of the same rows in the same order.
    test, validation
        Shares of the rows, 0 to 1; 0 where the user brings a file for it.
    groups
        Group numbers, shape (n,); by default those of equal or nearly equal texts.
    most_test, most_validation
        Rows at which the shares are capped; ``None`` for no cap.

    Raises
    ------
    UsageError
        When the shares leave nothing to train on, or the examples carry no labels.
    DataError
        When there are too few different texts for the sides that were asked for.

    Examples
    --------
    >>> division = split(tickets, seed=0)    # doctest: +SKIP
    >>> tickets.take(division.train)         # doctest: +SKIP
    """
    _check_shares(test, validation)
    blocks = _Blocks.of(examples, groups, seed)
    held_share = _capped(validation, most_validation, len(examples))
    test_share = _capped(test, most_test, len(examples))
    shares = np.array([1 - held_share - test_share, held_share, test_share])
    sides = _deal(blocks, shares, priority=(_TRAIN, _TEST, _VALIDATION))
    for side, most in ((_VALIDATION, most_validation), (_TEST, most_test)):
        _trim(sides, blocks.sizes, side, most)
    _check_sides(sides, shares, len(blocks.sizes))
    train, held, sealed = (
        np.flatnonzero(sides[blocks.block] == side) for side in (_TRAIN, _VALIDATION, _TEST)
    )
    return Split(train, held, sealed, seed)


def folds(
    examples: Labelled | Multilabel,
    k: int,
    *,
    seed: int,
    groups: NDArray[np.int64] | None = None,
    lone_classes: bool = False,
) -> list[NDArray[np.int64]]:
    """Divide the examples into ``k`` test sets of about the same size and mixture of labels.

    Parameters
    ----------
    examples
        Rows with labels.
    k
        The number of sets, at least 2.
    seed
        The same seed gives the same sets of the same rows in the same order.
    groups
        Group numbers, shape (n,); by default those of equal or nearly equal texts.
    lone_classes
        Take a class with a single text as well: it is tested by what never learned it.

    Returns
    -------
    Sorted positions, int64. The sets are disjoint and cover every row.

    Raises
    ------
    UsageError
        When ``k`` is under 2 or the examples carry no labels.
    DataError
        When there are fewer different texts than sets, or (unless ``lone_classes``) a class with
        a single one: it could never be both learned and tested.
    """
    if k < 2:
        raise UsageError(f"{k} folds were asked for: give 2 or more")
    blocks = _Blocks.of(examples, groups, seed)
    if len(blocks.sizes) < k:
        raise DataError(
            f"{len(blocks.sizes)} different texts cannot make {k} folds: ask for fewer or add rows"
        )
    if isinstance(examples, Labelled) and not lone_classes:
        _check_classes(examples, blocks)
    sides = _deal(blocks, np.full(k, 1 / k), priority=())
    return [np.flatnonzero(sides[blocks.block] == side) for side in range(k)]


@dataclass(frozen=True, eq=False)
class _Blocks:
    """Groups in a random order, and how many rows of each label they hold.

    ``block`` gives each row's group; ``sizes`` the groups' rows; ``counts`` is sparse, groups by
    labels (of several labels, a column for the 1s and one for the 0s of each).
    """

    block: NDArray[np.int64]
    sizes: NDArray[np.int64]
    counts: "csr_array"

    @classmethod
    def of(cls, examples: Examples, groups: NDArray[np.int64] | None, seed: int) -> "_Blocks":
        if not isinstance(examples, Labelled | Multilabel):
            raise UsageError(f"only labelled and multilabel data are split, not {examples.kind}")
        groups = groups_of(examples.texts()) if groups is None else np.asarray(groups)
        if len(groups) != len(examples):
            raise UsageError(f"{len(groups)} group numbers were given for {len(examples)} rows")
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
        said = np.column_stack([examples.matrix() == value for value in (1, 0)])
        said = np.column_stack([said, ~said.any(axis=1)])  # rows without any known label
        positions, columns = np.nonzero(said)
        rows = block[positions]
    shape = (n, int(columns.max()) + 1)
    counts = coo_array((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=shape).tocsr()
    return _majority(counts) if isinstance(examples, Labelled) else counts


def _majority(counts: "csr_array") -> "csr_array":
    """Give all rows of a group to the label that most of them carry, the first of equals."""
    from scipy.sparse import csr_array

    sizes = np.asarray(counts.sum(axis=1)).ravel()
    commonest = np.asarray(counts.argmax(axis=1)).ravel()
    return csr_array((sizes, (np.arange(len(sizes)), commonest)), shape=counts.shape)


def _deal(
    blocks: _Blocks, shares: NDArray[np.float64], priority: Sequence[int]
) -> NDArray[np.int64]:
    """Return each group's side, shape (groups,)."""
    deal = _Deal(blocks, shares)
    by_label = blocks.counts.tocsc()
    for label in np.argsort(np.diff(by_label.indptr), kind="stable").tolist():
        members = by_label.indices[by_label.indptr[label] : by_label.indptr[label + 1]]
        deal.label(label, np.sort(members), priority)
    return deal.sides


class _Deal:
    """The state of dealing: who has got what, and what each side still lacks."""

    def __init__(self, blocks: _Blocks, shares: NDArray[np.float64]) -> None:
        self.blocks, self.shares = blocks, shares
        self.sides = np.full(len(blocks.sizes), -1, dtype=np.int64)
        self.lacking = np.outer(shares, np.asarray(blocks.counts.sum(axis=0)).ravel())
        self.rows = np.zeros(len(shares))

    def label(self, label: int, members: NDArray[np.int64], priority: Sequence[int]) -> None:
        """Deal out those members of a label that an earlier, rarer one has not."""
        largest_first = np.argsort(-self.blocks.sizes[members], kind="stable")
        waiting = [one for one in members[largest_first].tolist() if self.sides[one] < 0]
        arrears = self._arrears()
        there = set(self.sides[members].tolist())
        for least, side in zip((1, 3, 4), priority, strict=False):
            wanted = side not in there and self.shares[side] > 0
            if wanted and waiting and len(members) >= least:
                # the largest groups fit train, which has most room; the smallest the others
                self._give(waiting.pop(0 if side == priority[0] else -1), side)
        for one in waiting:
            self._give(one, int(np.argmax(self.lacking[:, label] + arrears)))

    def _arrears(self) -> NDArray[np.float64]:
        """Rows by which each side is behind the one furthest behind, over all labels so far."""
        behind = self.shares * self.rows.sum() - self.rows
        # at most one row, so that a huge group on one side does not shape the labels after it
        arrears: NDArray[np.float64] = np.clip(behind - behind.max(), -1, 0)
        arrears[self.shares == 0] = -np.inf
        return arrears

    def _give(self, one: int, side: int) -> None:
        counts = self.blocks.counts
        held = slice(counts.indptr[one], counts.indptr[one + 1])
        self.sides[one] = side
        self.lacking[side, counts.indices[held]] -= counts.data[held]
        self.rows[side] += self.blocks.sizes[one]


def _check_shares(test: float, validation: float) -> None:
    if not (test >= 0 and validation >= 0 and test + validation < 1):
        raise UsageError(
            f"test={test} and validation={validation} cannot be: give shares from 0 to 1 that "
            "leave something to train on"
        )


def _capped(share: float, most: int | None, rows: int) -> float:
    return share if most is None else min(share, most / rows)


def _trim(sides: NDArray[np.int64], sizes: NDArray[np.int64], side: int, most: int | None) -> None:
    """Give to train what a side has beyond its cap."""
    held = np.flatnonzero(sides == side)
    if most is not None:
        sides[held[np.cumsum(sizes[held]) > most]] = _TRAIN


def _check_sides(sides: NDArray[np.int64], shares: NDArray[np.float64], texts: int) -> None:
    names = ("training", "validation", "test")
    empty = [
        name for side, name in enumerate(names) if shares[side] > 0 and not (sides == side).any()
    ]
    if empty:
        raise DataError(
            f"{texts:,} different {'text is' if texts == 1 else 'texts are'} too few for a "
            f"{' and a '.join(empty)} side: add rows, or give files for test and validation"
        )


def _check_classes(examples: Labelled, blocks: _Blocks) -> None:
    labels = examples.labels
    single = [
        f"“{name}”" for name in examples.classes if len(np.unique(blocks.block[labels == name])) < 2
    ]
    if single:
        more = f" and {len(single) - 5} more" if len(single) > 5 else ""
        raise DataError(
            f"a single text, or near copies of one, make up {', '.join(single[:5])}{more}: "
            "with folds a class must be both learned and tested, so add rows or drop the class"
        )
