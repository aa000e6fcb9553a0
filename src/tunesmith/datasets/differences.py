"""The rows in which two versions of a data set differ."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.splits.near_duplicates import normalise
from tunesmith.data.statistics import label_text
from tunesmith.datasets.clean_texts import clean_text
from tunesmith.datasets.dataset import Dataset
from tunesmith.kinds import Examples, Multilabel, Retrieval

_NONE: Final = -1
Positions = NDArray[np.int64]


class Difference(StrEnum):
    """How a row differs."""

    RELABELLED = "relabelled"
    EDITED = "edited"
    DROPPED = "dropped"
    ADDED = "added"


@dataclass(frozen=True)
class RowText:
    """A row of one version: its number, its texts by role, and its label or score in words."""

    number: int
    texts: tuple[str, ...]
    label: str


@dataclass(frozen=True)
class ChangedRow:
    """A row that differs: as it was before and after; None where there is no such row."""

    difference: Difference
    before: RowText | None
    after: RowText | None


@dataclass(frozen=True, eq=False)
class Differences:
    """The rows in which two data sets differ.

    Parameters
    ----------
    before, after
        The two data sets.
    pairs
        The positions of the examples that are the same row in both, int64, shape (n, 2); -1 where
        a row has no partner.
    kinds
        How each of them differs.
    unchanged
        The number of rows that are equal.

    Examples
    --------
    >>> from tunesmith import read
    >>> old = read([{"text": "my card", "label": "a"}, {"text": "my order", "label": "b"}])
    >>> new = read([{"text": "my card", "label": "b"}, {"text": "my order", "label": "b"}])
    >>> found = differences(old, new)
    >>> found.counts, found.unchanged, found.rows()[0].after.label
    ({<Difference.RELABELLED: 'relabelled'>: 1}, 1, 'b')
    """

    before: Dataset
    after: Dataset
    pairs: Positions
    kinds: tuple[Difference, ...]
    unchanged: int

    @property
    def counts(self) -> dict[Difference, int]:
        """The number of rows that differ in each way; ways without rows are left out."""
        found = {each: self.kinds.count(each) for each in Difference}
        return {each: number for each, number in found.items() if number}

    def rows(
        self, difference: Difference | None = None, start: int = 0, limit: int | None = None
    ) -> list[ChangedRow]:
        """Return rows that differ, of one way or of all, from a position on."""
        chosen = [at for at, kind in enumerate(self.kinds) if difference in (None, kind)]
        stop = None if limit is None else start + limit
        return [self._row(at) for at in chosen[start:stop]]

    def _row(self, at: int) -> ChangedRow:
        before, after = self.pairs[at].tolist()
        return ChangedRow(
            self.kinds[at],
            _row_text(self.before.examples, before),
            _row_text(self.after.examples, after),
        )


def differences(before: Dataset, after: Dataset) -> Differences:
    """Return the rows in which two versions of a data set differ.

    Equal rows are the same row, first those between the same unique texts; then rows with equal
    texts, which were relabelled; then rows whose texts differ in case, spaces, punctuation or HTML
    tags only, and rows in the same place between two others, whose text was edited. All others were
    dropped or added.

    Examples
    --------
    >>> from tunesmith import read
    >>> data = read("examples/tickets.csv")
    >>> differences(data, data).unchanged
    647
    """
    pairs = _Pairs(before.examples, after.examples)
    texts = (_texts(before.examples), _texts(after.examples))
    labels = (_labels(before.examples), _labels(after.examples))
    whole = [_zipped(*each) for each in zip(texts, labels, strict=True)]
    near = _between_unique(*texts)
    pairs.match(*(_zipped(*each) for each in zip(near, whole, strict=True)))
    pairs.match(*(_zipped(*each) for each in zip(near, texts, strict=True)))
    pairs.match(*whole)
    pairs.match(*texts)
    same_texts = (pairs.partner != _NONE).tolist()
    pairs.match_form(*texts, normalise)
    pairs.match_form(*texts, lambda text: normalise(clean_text(text)))
    pairs.match_gaps()
    found = [
        (left, right, _kind(right, same_text=same_texts[left]))
        for left, right in enumerate(pairs.partner.tolist())
        if right == _NONE or whole[0][left] != whole[1][right]
    ]
    unchanged = len(whole[0]) - len(found)
    found += [(_NONE, right, Difference.ADDED) for right in pairs.added()]
    rows = np.asarray([each[:2] for each in found], dtype=np.int64).reshape(-1, 2)
    return Differences(before, after, rows, tuple(each[2] for each in found), unchanged)


def _zipped(first: Iterable[Hashable], second: Iterable[Hashable]) -> list[Hashable]:
    return list(zip(first, second, strict=True))


def _between_unique(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[list[int]]:
    """Return for each row how many texts that are unique in both come before it.

    These numbers are all 0 if such texts are not in the same order in both.
    """
    counts = [Counter(each) for each in (before, after)]
    unique = {text for text, number in counts[0].items() if number == counts[1][text] == 1}
    places = [[text in unique for text in each] for each in (before, after)]
    order = [
        [text for text, is_unique in zip(each, place, strict=True) if is_unique]
        for each, place in zip((before, after), places, strict=True)
    ]
    if order[0] != order[1]:
        return [[0] * len(before), [0] * len(after)]
    return [np.cumsum(place).tolist() for place in places]


def _kind(right: int, *, same_text: bool) -> Difference:
    if right == _NONE:
        return Difference.DROPPED
    return Difference.RELABELLED if same_text else Difference.EDITED


class _Pairs:
    """Which example after is which one before; ``partner`` has -1 for those without one."""

    def __init__(self, before: Examples, after: Examples) -> None:
        self.partner: Positions = np.full(len(before), _NONE, dtype=np.int64)
        self._taken = np.zeros(len(after), dtype=bool)

    def match(self, before: Sequence[Hashable], after: Sequence[Hashable]) -> None:
        """Pair examples with equal keys that have no partner, in order."""
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for right in np.flatnonzero(~self._taken).tolist():
            waiting[after[right]].append(right)
        for left in np.flatnonzero(self.partner == _NONE).tolist():
            if found := waiting.get(before[left]):
                self._pair(left, found.popleft())

    def match_form(
        self,
        before: Sequence[tuple[str, ...]],
        after: Sequence[tuple[str, ...]],
        form: Callable[[str], str],
    ) -> None:
        """Pair examples without a partner whose texts are equal in some form, in order."""
        open_before = set(np.flatnonzero(self.partner == _NONE).tolist())
        self.match(_forms(before, open_before, form), _forms(after, set(self.added()), form))

    def match_gaps(self) -> None:
        """Pair examples between the same two neighbours, if there are as many before as after."""
        lefts: dict[int, list[int]] = defaultdict(list)
        rights: dict[int, list[int]] = defaultdict(list)
        last = _NONE
        for left, right in enumerate(self.partner.tolist()):
            if right == _NONE:
                lefts[last].append(left)
            else:
                last = right
        last = _NONE
        for right, taken in enumerate(self._taken.tolist()):
            if taken:
                last = right
            else:
                rights[last].append(right)
        for anchor, found in lefts.items():
            if len(found) == len(rights[anchor]):
                for left, right in zip(found, rights[anchor], strict=True):
                    self._pair(left, right)

    def added(self) -> list[int]:
        """Return the examples after that have no partner."""
        return [int(right) for right in np.flatnonzero(~self._taken)]

    def _pair(self, left: int, right: int) -> None:
        self.partner[left] = right
        self._taken[right] = True


def _forms(
    texts: Sequence[tuple[str, ...]], wanted: Collection[int], form: Callable[[str], str]
) -> list[Hashable]:
    return [tuple(map(form, row)) if at in wanted else () for at, row in enumerate(texts)]


def _texts(examples: Examples) -> list[tuple[str, ...]]:
    if isinstance(examples, Retrieval):
        return list(zip(*(_strings(examples, role) for role in ("query", "document")), strict=True))
    return list(zip(*(_strings(examples, role) for role in examples.text_roles), strict=True))


def _strings(examples: Examples, role: str) -> list[str]:
    return ["" if cell is None else str(cell) for cell in examples.table[role].to_pylist()]


def _labels(examples: Examples) -> list[str]:
    """Return label, labels, score or negatives of each example in words; empty without."""
    others = [role for role in examples.roles if role not in _text_roles(examples)]
    columns = [examples.table[role].to_pylist() for role in others]
    if not columns:
        return [""] * len(examples)
    several = isinstance(examples, Multilabel)
    return [
        ", ".join(_words(cell, several=several) for cell in row)
        for row in zip(*columns, strict=True)
    ]


def _text_roles(examples: Examples) -> tuple[str, ...]:
    return ("query", "document") if isinstance(examples, Retrieval) else examples.text_roles


def _words(cell: object, *, several: bool) -> str:
    if several and isinstance(cell, list):
        return ", ".join(str(name) for name, value in cell if value)
    if isinstance(cell, list):
        return " | ".join("" if each is None else str(each) for each in cell)
    return label_text(cell) or ""


def _row_text(examples: Examples, position: int) -> RowText | None:
    if position == _NONE:
        return None
    one = examples.take([position])
    return RowText(int(one.rows[0]), _texts(one)[0], _labels(one)[0])
