"""Batching of texts: distinct texts, sorted by length, limited by a token budget."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Unique:
    """Distinct texts in the order of their first occurrence.

    ``positions[i]`` is the index of the i-th text in ``texts``, shape (n,).
    """

    texts: list[str]
    positions: NDArray[np.int64]


def unique(texts: Sequence[str]) -> Unique:
    """Return the distinct texts.

    Examples
    --------
    >>> found = unique(["b", "a", "b"])
    >>> found.texts, found.positions
    (['b', 'a'], array([0, 1, 0]))
    """
    index_of: dict[str, int] = {}
    positions = [index_of.setdefault(text, len(index_of)) for text in texts]
    return Unique(list(index_of), np.asarray(positions, dtype=np.int64))


def by_token_budget(
    lengths: Sequence[int] | NDArray[np.integer], budget: int
) -> list[NDArray[np.int64]]:
    """Split texts into batches of at most ``budget`` tokens, including padding.

    Parameters
    ----------
    lengths
        Number of tokens of each text, shape (n,).
    budget
        Maximum number of tokens per batch: number of texts times length of the longest. A text
        longer than that gets its own batch.

    Returns
    -------
    list of ndarray
        Indices, longest texts first. Each index occurs once.

    Examples
    --------
    >>> by_token_budget([3, 10, 4, 3], budget=10)
    [array([1]), array([2, 0]), array([3])]
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    order = np.argsort(-sizes, kind="stable")
    batches = []
    start = 0
    while start < len(order):
        longest = max(int(sizes[order[start]]), 1)
        end = start + max(budget // longest, 1)
        batches.append(order[start:end])
        start = end
    return batches


def cheapest_batches(
    lengths: NDArray[np.int64], budget: int, per_batch: int
) -> list[NDArray[np.int64]]:
    """Split texts into batches so that the sum of padded tokens and fixed costs is lowest.

    A few texts of different length are cheaper in two batches than padded in one, and two nearly
    equal batches are cheaper than a full one and a rest. This is dynamic programming over the texts
    sorted by length.

    Parameters
    ----------
    lengths
        Number of tokens of each text, shape (n,); texts without tokens are left out.
    budget
        As for :func:`by_token_budget`.
    per_batch
        Fixed cost of a batch, as the number of tokens that take as long.

    Examples
    --------
    >>> cheapest_batches(np.array([3, 100, 4, 0, 90]), budget=256, per_batch=20)
    [array([1, 4]), array([2, 0])]
    """
    rest = np.flatnonzero(lengths)
    order = rest[np.argsort(-lengths[rest], kind="stable")]
    starts = _cheapest_starts(lengths[order].tolist(), budget, per_batch)
    return np.split(order, starts) if len(order) else []


def _cheapest_starts(sizes: list[int], budget: int, per_batch: int) -> list[int]:
    """Return where batches start, except the first, for sizes in descending order."""
    costs, last_starts = [0], [0]  # of the first n sizes
    for end in range(1, len(sizes) + 1):
        best, best_start = costs[end - 1] + sizes[end - 1], end - 1
        for start in range(end - 2, -1, -1):
            padded = (end - start) * sizes[start]
            if padded > budget:
                break
            if costs[start] + padded < best:
                best, best_start = costs[start] + padded, start
        costs.append(best + per_batch)
        last_starts.append(best_start)
    return _walk(last_starts)


def _walk(last_starts: list[int]) -> list[int]:
    """Return the starts of the batches from the end to the first, in ascending order."""
    starts, end = [], len(last_starts) - 1
    while end > 0 and (end := last_starts[end]) > 0:
        starts.append(end)
    return starts[::-1]


def batches_with_tokens(lengths: NDArray[np.int64], budget: int) -> list[NDArray[np.int64]]:
    """Return the batches of :func:`by_token_budget` without the texts that have no tokens.

    Examples
    --------
    >>> batches_with_tokens(np.array([3, 0, 4]), budget=10)
    [array([2, 0])]
    """
    rest = np.flatnonzero(lengths)
    return [rest[batch] for batch in by_token_budget(lengths[rest], budget)]


def pad(rows: Sequence[NDArray[np.integer]], fill: int, *, left: bool) -> NDArray[np.int64]:
    """Pad rows of different length to a matrix, shape (rows, longest).

    Examples
    --------
    >>> pad([np.array([5, 6]), np.array([7])], fill=0, left=False)
    array([[5, 6],
           [7, 0]])
    """
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    filled = np.full((len(rows), int(lengths.max(initial=0))), fill, dtype=np.int64)
    filled[token_mask(lengths, left=left)] = np.concatenate(rows) if len(rows) else []
    return filled


def token_mask(lengths: NDArray[np.int64], *, left: bool) -> NDArray[np.bool_]:
    """Return the mask of tokens, not padding, shape (rows, longest); ``left`` pads on the left.

    Examples
    --------
    >>> token_mask(np.array([2, 1]), left=True)
    array([[ True,  True],
           [False,  True]])
    """
    columns = np.arange(int(lengths.max(initial=0)))
    if left:
        columns = columns[::-1]
    return columns[None, :] < lengths[:, None]
