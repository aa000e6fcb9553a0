"""Which texts go through the model together: unique, sorted by length, cut by token budget."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Unique:
    """The distinct texts in the order of their first occurrence.

    ``positions[i]`` is the place of the i-th text among ``texts``, shape (n,).
    """

    texts: list[str]
    positions: NDArray[np.int64]


def unique(texts: Sequence[str]) -> Unique:
    """Find the distinct texts.

    Examples
    --------
    >>> found = unique(["b", "a", "b"])
    >>> found.texts, found.positions
    (['b', 'a'], array([0, 1, 0]))
    """
    place: dict[str, int] = {}
    positions = [place.setdefault(text, len(place)) for text in texts]
    return Unique(list(place), np.asarray(positions, dtype=np.int64))


def by_token_budget(
    lengths: Sequence[int] | NDArray[np.integer], budget: int
) -> list[NDArray[np.int64]]:
    """Cut texts into batches of at most ``budget`` tokens, padding counted.

    Parameters
    ----------
    lengths
        The tokens of each text, shape (n,).
    budget
        The most tokens of a batch: its texts times its longest text. A longer text stands alone.

    Returns
    -------
    list of ndarray
        Positions, the longest texts first. Each position occurs once.

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


def padded(rows: Sequence[NDArray[np.integer]], fill: int, *, left: bool) -> NDArray[np.int64]:
    """Stack rows of different length, shape (rows, longest).

    Examples
    --------
    >>> padded([np.array([5, 6]), np.array([7])], fill=0, left=False)
    array([[5, 6],
           [7, 0]])
    """
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    filled = np.full((len(rows), int(lengths.max(initial=0))), fill, dtype=np.int64)
    filled[real(lengths, left=left)] = np.concatenate(rows) if len(rows) else []
    return filled


def real(lengths: NDArray[np.int64], *, left: bool) -> NDArray[np.bool_]:
    """Tell tokens from padding, shape (rows, longest); ``left`` puts the padding in front.

    Examples
    --------
    >>> real(np.array([2, 1]), left=True)
    array([[ True,  True],
           [False,  True]])
    """
    columns = np.arange(int(lengths.max(initial=0)))
    if left:
        columns = columns[::-1]
    return columns[None, :] < lengths[:, None]
