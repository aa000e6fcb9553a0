"""Training pairs from labels, from neighbouring parts of documents, or from a custom function.

Every function is a generator, so memory does not grow with the number of pairs. Results are
reproducible with a seed, and no item is paired with itself.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Generic, TypeVar

import numpy as np

T = TypeVar("T")
Seed = int | np.random.Generator | None
_TRIES = 100  # random draws before all candidates are checked


@dataclass(frozen=True)
class Pair(Generic[T]):
    """Two items and their similarity: 1 or 0, or the value of a custom function.

    Examples
    --------
    >>> pair = next(pairs_from_classes(["my card", "card lost", "log in"], [0, 0, 1], seed=0))
    >>> pair
    Pair(first='my card', second='card lost', similarity=1.0)
    """

    first: T
    second: T
    similarity: float


@dataclass(frozen=True)
class PairColumns(Generic[T]):
    """Pairs as the three columns of ``fit(X1, X2, y)``."""

    first: list[T]
    second: list[T]
    similarity: list[float]

    def __iter__(self) -> Iterator[list[Any]]:
        return iter((self.first, self.second, self.similarity))


def pair_columns(pairs: Iterable[Pair[T]]) -> PairColumns[T]:
    """Return pairs as columns.

    Examples
    --------
    >>> X1, X2, y = pair_columns([Pair("a", "b", 1.0), Pair("a", "c", 0.0)])
    >>> X1, X2, y
    (['a', 'a'], ['b', 'c'], [1.0, 0.0])
    """
    columns: PairColumns[T] = PairColumns([], [], [])
    for pair in pairs:
        columns.first.append(pair.first)
        columns.second.append(pair.second)
        columns.similarity.append(pair.similarity)
    return columns


def pairs_from_classes(
    items: Sequence[T], labels: Sequence[Hashable], n_neg: int = 3, *, seed: Seed = None
) -> Iterator[Pair[T]]:
    """Yield for each item a positive of its class and ``n_neg`` negatives of other classes.

    An item that is the only one of its class is skipped.

    Parameters
    ----------
    items
        Texts, vectors or other items.
    labels
        Class of each item.
    n_neg
        Number of negatives per positive.
    seed
        Random seed.

    Raises
    ------
    ValueError
        If the numbers of labels and items differ, or ``n_neg`` is negative.

    Examples
    --------
    >>> texts = ["my card", "card lost", "log in", "password"]
    >>> for pair in pairs_from_classes(texts, [0, 0, 1, 1], n_neg=1, seed=0):
    ...     print(pair.first, "|", pair.second, "|", pair.similarity)
    my card | card lost | 1.0
    my card | log in | 0.0
    card lost | my card | 1.0
    card lost | password | 0.0
    log in | password | 1.0
    log in | card lost | 0.0
    password | log in | 1.0
    password | card lost | 0.0
    """
    _require_lengths(items, labels, n_neg)
    members: dict[Hashable, list[int]] = {}
    for row, label in enumerate(labels):
        members.setdefault(label, []).append(row)
    rng, all_rows = np.random.default_rng(seed), range(len(items))
    for row, label in enumerate(labels):
        positive = _draw(rng, members[label], partial(_differs, items, row))
        if positive is None:
            continue
        yield Pair(items[row], items[positive], 1.0)
        for _ in range(n_neg):
            negative = _draw(rng, all_rows, partial(_opposes, items, labels, row))
            if negative is not None:
                yield Pair(items[row], items[negative], 0.0)


def pairs_from_labels(
    items: Sequence[T],
    cats: Sequence[Mapping[str, Any]],
    n_neg: int = 3,
    *,
    seed: Seed = None,
) -> Iterator[Pair[T]]:
    """Yield pairs from multi-label data, in which labels may be unknown.

    For each label, an item that has it is paired with another that has it, and with ``n_neg`` that
    are known not to have it. An item whose label is unknown is not used for that label.

    Parameters
    ----------
    items
        Texts, vectors or other items.
    cats
        Labels of each item, with 1 or True, 0 or False; None and NaN are unknown.
    n_neg
        Number of negatives per positive.
    seed
        Random seed.

    Raises
    ------
    ValueError
        If the numbers of ``cats`` and items differ, or a value is not 1, 0 or unknown.

    Examples
    --------
    >>> cats = [{"new": 1}, {"new": 1, "old": 0}, {"old": 1}, {"new": 0}]
    >>> for pair in pairs_from_labels(["a", "b", "c", "d"], cats, n_neg=1, seed=0):
    ...     print(pair.first, pair.second, pair.similarity)
    a b 1.0
    a d 0.0
    b a 1.0
    b d 0.0
    """
    _require_lengths(items, cats, n_neg)
    rng = np.random.default_rng(seed)
    known = [_known(cat, row) for row, cat in enumerate(cats)]
    for label in dict.fromkeys(name for cat in known for name in cat):
        ones = [row for row, cat in enumerate(known) if cat.get(label) is True]
        zeros = [row for row, cat in enumerate(known) if cat.get(label) is False]
        for row in ones:
            positive = _draw(rng, ones, partial(_differs, items, row))
            if positive is None:
                continue
            yield Pair(items[row], items[positive], 1.0)
            for negative in rng.choice(zeros, size=n_neg) if zeros else ():
                yield Pair(items[row], items[int(negative)], 0.0)


def pairs_from_documents(
    documents: Iterable[Sequence[T]], n_neg: int = 3, *, seed: Seed = None, pool: int = 10_000
) -> Iterator[Pair[T]]:
    """Yield neighbours within a document as positives, parts of other documents as negatives.

    Documents are read one by one. Negatives come from the last ``pool`` parts of earlier documents
    and from the next document, so any number of documents can be streamed.

    Parameters
    ----------
    documents
        Sentences or paragraphs of each document, in order.
    n_neg
        Number of negatives per positive.
    seed
        Random seed.
    pool
        Number of parts of earlier documents kept in memory.

    Raises
    ------
    ValueError
        If ``n_neg`` is negative.

    Examples
    --------
    >>> documents = [["One.", "Two."], ["Red.", "Green."]]
    >>> [(pair.first, pair.second, pair.similarity) for pair in pairs_from_documents(documents, 0)]
    [('One.', 'Two.', 1.0), ('Red.', 'Green.', 1.0)]
    """
    _require_lengths((), (), n_neg)
    rng, buffer = np.random.default_rng(seed), list[T]()
    for document, following in _with_next(documents):
        others = [*buffer, *following]
        for first, second in pairwise(document):
            if _same(first, second):
                continue
            yield Pair(first, second, 1.0)
            for index in rng.integers(len(others), size=n_neg) if others else ():
                if not any(_same(others[index], part) for part in document):
                    yield Pair(first, others[index], 0.0)
        buffer = [*buffer, *document][-pool:]


def pairs_from_function(
    items: Sequence[T],
    similarity: Callable[[T, T], float | None],
    n_pairs: int,
    *,
    seed: Seed = None,
) -> Iterator[Pair[T]]:
    """Yield random pairs with a similarity computed by a custom function.

    Parameters
    ----------
    items
        Texts, vectors or other items.
    similarity
        Function that returns the similarity of two items, or None to skip the pair.
    n_pairs
        Number of pairs to draw, including skipped ones.
    seed
        Random seed.

    Raises
    ------
    ValueError
        If there are fewer than two items.

    Examples
    --------
    >>> same_initial = lambda a, b: float(a[0] == b[0])
    >>> pairs = list(pairs_from_function(["ab", "ac", "bd"], same_initial, n_pairs=4, seed=0))
    >>> all(pair.first != pair.second for pair in pairs), len(pairs)
    (True, 4)
    """
    if len(items) < 2:
        raise ValueError(f"there are {len(items)} items: give at least two")
    rng = np.random.default_rng(seed)
    for _ in range(n_pairs):
        row = int(rng.integers(len(items)))
        other = _draw(rng, range(len(items)), partial(_differs, items, row))
        if other is None:
            continue
        value = similarity(items[row], items[other])
        if value is not None:
            yield Pair(items[row], items[other], float(value))


def _require_lengths(items: Sequence[Any], others: Sequence[Any], n_neg: int) -> None:
    if len(items) != len(others):
        raise ValueError(
            f"there are {len(items)} items but {len(others)} labels: give one label per item"
        )
    if n_neg < 0:
        raise ValueError(f"n_neg is {n_neg}: choose 0 or more")


def _draw(
    rng: np.random.Generator, candidates: Sequence[int], accepted: Callable[[int], bool]
) -> int | None:
    """Return a random accepted candidate, or None if there is none."""
    for _ in range(min(_TRIES, 4 * len(candidates))):
        candidate = candidates[int(rng.integers(len(candidates)))]
        if accepted(candidate):
            return candidate
    rest = [candidate for candidate in candidates if accepted(candidate)]
    return rest[int(rng.integers(len(rest)))] if rest else None


def _differs(items: Sequence[Any], row: int, other: int) -> bool:
    """Return whether these are different items with different content."""
    return row != other and not _same(items[row], items[other])


def _opposes(items: Sequence[Any], labels: Sequence[Any], row: int, other: int) -> bool:
    return bool(labels[other] != labels[row]) and not _same(items[row], items[other])


def _same(first: Any, second: Any) -> bool:
    return bool(np.array_equal(first, second))


def _known(cat: Mapping[str, Any], row: int) -> dict[str, bool]:
    """Return the known labels of an item."""
    found = {}
    for label, value in cat.items():
        if value is None or value != value:  # noqa: PLR0124 - only NaN differs from itself
            continue
        if value not in (0, 1):
            raise ValueError(
                f"item {row} (counted from 0) has {value!r} for {label!r}: use 1, 0 or None"
            )
        found[label] = bool(value)
    return found


def _with_next(documents: Iterable[Sequence[T]]) -> Iterator[tuple[Sequence[T], Sequence[T]]]:
    """Yield each document with the next one."""
    stream = iter(documents)
    document = next(stream, None)
    while document is not None:
        following = next(stream, None)
        yield document, following or ()
        document = following
