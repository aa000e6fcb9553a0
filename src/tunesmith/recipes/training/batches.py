"""Batch composition, and the order in which texts are encoded.

In-batch losses learn from pairs within a batch, so a batch must contain several texts of a class
and several classes. Texts are grouped by length, because the cost of a text grows with padding.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Batch:
    """The texts of one step and their groups.

    Parameters
    ----------
    rows
        Indices of distinct texts, shape (b,).
    groups
        Group of each text, shape (b,). Texts of one group are positives of each other; a text of
        group -1 serves as a negative only.
    """

    rows: Indices
    groups: Indices


def length_buckets(lengths: NDArray[Any], count: int) -> list[Indices]:
    """Split indices into at most ``count`` equal buckets of similar length, longest first.

    Examples
    --------
    >>> [bucket.tolist() for bucket in length_buckets(np.array([3, 9, 4, 8]), 2)]
    [[1, 3], [2, 0]]
    """
    order = np.argsort(-lengths, kind="stable").astype(np.int64)
    parts = np.array_split(order, min(count, max(len(order), 1)))
    return [part for part in parts if len(part)]


def padding_buckets(lengths: NDArray[Any], count: int) -> list[Indices]:
    """Return :func:`length_buckets`, joined where they are padded to the same length.

    A bucket of its own would save no padding there, and cost another forward pass.

    Examples
    --------
    >>> [bucket.tolist() for bucket in padding_buckets(np.array([3, 9, 9, 9, 4, 9]), 3)]
    [[1, 2, 3, 5], [4, 0]]
    """
    joined: list[Indices] = []
    for bucket in length_buckets(lengths, count):
        if joined and lengths[joined[-1][0]] == lengths[bucket[0]]:
            joined[-1] = np.concatenate([joined[-1], bucket])
        else:
            joined.append(bucket)
    return joined


def shuffled_batches(count: int, size: int, rng: np.random.Generator) -> list[Indices]:
    """Return shuffled indices below ``count`` in batches of about ``size``, never of a single one.

    Examples
    --------
    >>> [len(batch) for batch in shuffled_batches(9, 4, np.random.default_rng(0))]
    [3, 3, 3]
    """
    order = rng.permutation(count)
    return np.array_split(order, max(1, min(-(-count // size), count // 2)))


def token_budget_batches(lengths: NDArray[Any], budget: int = 1024) -> list[Indices]:
    """Split indices, longest first, into batches of at most ``budget`` padded tokens.

    A text longer than the budget gets its own batch.

    Examples
    --------
    >>> [part.tolist() for part in token_budget_batches(np.array([2, 6, 3, 2]), budget=6)]
    [[1], [2, 0], [3]]
    """
    order = np.argsort(-lengths, kind="stable").astype(np.int64)
    batches: list[Indices] = []
    start = 0
    while start < len(order):
        size = max(1, budget // max(int(lengths[order[start]]), 1))
        batches.append(order[start : start + size])
        start += size
    return batches


def class_batches(
    classes: Indices, size: int, per_class: int, rng: np.random.Generator
) -> list[Batch]:
    """Return one epoch of class-balanced batches in which each text appears once.

    The texts of each class are shuffled and split into groups of about ``per_class``; the groups
    of a class are spread evenly over the epoch. If one class is so large that its batches would
    contain little else, the texts of the other classes are repeated.

    Parameters
    ----------
    classes
        Class index of each text, shape (n,).
    size
        Texts per batch.
    per_class
        Texts of one class placed together.
    """
    members = [np.flatnonzero(classes == number) for number in range(int(classes.max()) + 1)]
    counts = [-(-len(rows) // per_class) for rows in members]
    repeats = _repeats(counts, max(1, size // per_class))
    keyed: list[tuple[float, Indices]] = []
    for rows, count, times in zip(members, counts, repeats, strict=True):
        keyed += _spread(rows, count, times, rng)
    keyed.sort(key=lambda item: item[0])
    return [Batch(rows, classes[rows]) for rows in _pack([rows for _, rows in keyed], size)]


def _repeats(counts: list[int], groups_a_batch: int) -> list[int]:
    """Return the repeats per class, so that others have at least a quarter of each batch."""
    largest = int(np.argmax(counts))
    others = sum(counts) - counts[largest]
    wanted = -(-counts[largest] // max(groups_a_batch - 1, 1)) * max(groups_a_batch // 4, 1)
    times = max(1, -(-wanted // others)) if others else 1
    return [1 if index == largest else times for index in range(len(counts))]


def _spread(
    rows: Indices, count: int, times: int, rng: np.random.Generator
) -> Iterator[tuple[float, Indices]]:
    """Yield the groups of one class with their positions in the epoch, 0 to 1."""
    for turn in range(times):
        for index, part in enumerate(np.array_split(rng.permutation(rows), max(count, 1))):
            if len(part):
                yield (turn * count + index + rng.random()) / (count * times), part


def _pack(groups: list[Indices], size: int) -> list[Indices]:
    """Fill batches of about ``size`` distinct texts with groups in order."""
    ends = np.cumsum([len(group) for group in groups])
    n_batches = max(1, round(int(ends[-1]) / size))
    bin_of = (ends - 1) * n_batches // ends[-1]
    cuts = np.flatnonzero(np.diff(bin_of)) + 1
    bounds = [0, *cuts.tolist(), len(groups)]
    return [np.unique(np.concatenate(groups[start:end])) for start, end in pairwise(bounds)]


def label_batches(known: NDArray[np.float32], size: int, rng: np.random.Generator) -> list[Batch]:
    """Return one epoch of batches for multi-label data, each batch for one label.

    Half of a batch has the label, the other half is known not to have it; rows with an unknown
    value are excluded. Labels alternate, and an epoch has as many texts as the data set.

    Parameters
    ----------
    known
        1, 0 or NaN (unknown), shape (n, labels).
    size
        Texts per batch.
    """
    usable = usable_labels(known)
    n_batches = max(len(usable), -(-len(known) // size))
    turns = rng.permutation(np.resize(rng.permutation(usable), n_batches))
    queues = {
        (int(label), value): _Queue(np.flatnonzero(known[:, label] == value), rng)
        for label in usable
        for value in (0, 1)
    }
    return [
        _label_batch(queues[int(label), 1], queues[int(label), 0], size // 2) for label in turns
    ]


def usable_labels(known: NDArray[np.float32]) -> Indices:
    """Return the labels that at least two rows have and at least one is known not to have."""
    ones, zeros = (known == 1).sum(axis=0), (known == 0).sum(axis=0)
    return np.flatnonzero((ones >= 2) & (zeros >= 1)).astype(np.int64)


def _label_batch(ones: "_Queue", zeros: "_Queue", half: int) -> Batch:
    with_label, without = ones.take(half), zeros.take(half)
    groups = np.repeat(np.array([0, -1], dtype=np.int64), [len(with_label), len(without)])
    return Batch(np.concatenate([with_label, without]), groups)


class _Queue:
    """Returns rows in random order, reshuffled when too few are left."""

    def __init__(self, rows: Indices, rng: np.random.Generator) -> None:
        self._rows, self._rng = rows, rng
        self._left = rng.permutation(rows)

    def take(self, count: int) -> Indices:
        if len(self._left) < min(count, len(self._rows)):
            self._left = self._rng.permutation(self._rows)
        taken, self._left = self._left[:count], self._left[count:]
        return taken
