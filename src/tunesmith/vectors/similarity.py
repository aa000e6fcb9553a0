"""Similarities between vectors, and exact nearest-neighbour search."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunesmith.errors import DataError, UsageError

Metric = Literal["cosine", "dot", "euclidean", "manhattan"]
QUERY_BLOCK = 256  # rows per block
CORPUS_BLOCK = 32768  # columns per block
DIFFERENCE_BLOCK = 4_000_000  # values held in memory at a time for the Manhattan distance

PAIR_BLOCK = 200_000  # values of vectors whose pairs are scored at a time; fits in a core's cache
_ULP = 2.0**-23
_UNIT = 5e-7  # rounding error of the length of a normalised float32 vector

Matrix = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Hits:
    """The best matches of each query, best first.

    Parameters
    ----------
    indices
        Indices in the corpus, int64, shape (queries, k).
    scores
        Similarities, float32, shape (queries, k).

    Examples
    --------
    >>> hits = search([1, 0], [[0, 1], [2, 0]], k=1)
    >>> hits.indices, hits.scores
    (array([[1]]), array([[1.]], dtype=float32))
    """

    indices: NDArray[np.int64]
    scores: NDArray[np.float32]


def cosine_similarity(a: ArrayLike, b: ArrayLike) -> Matrix:
    """Return the cosine similarity of each vector of ``a`` with each of ``b``.

    Parameters
    ----------
    a, b
        Vectors, shapes (n, d) and (m, d); a single vector (d,) is treated as (1, d).

    Returns
    -------
    ndarray
        float32, shape (n, m), between -1 and 1; 0 for a zero vector.

    Raises
    ------
    UsageError
        The numbers of dimensions differ.
    DataError
        A vector contains NaN or infinity.

    Examples
    --------
    >>> cosine_similarity([[1, 0], [0, 0]], [[2, 0], [0, 3]])
    array([[1., 0.],
           [0., 0.]], dtype=float32)
    """
    return similarity(a, b)


def similarity(a: ArrayLike, b: ArrayLike, metric: Metric = "cosine") -> Matrix:
    """Return the similarity of each vector of ``a`` with each of ``b``.

    Parameters
    ----------
    a, b
        Vectors, shapes (n, d) and (m, d); a single vector (d,) is treated as (1, d).
    metric
        ``"cosine"``, ``"dot"``, ``"euclidean"`` or ``"manhattan"``; the last two are negative
        distances, so that larger is always more similar, as in sentence-transformers.

    Returns
    -------
    ndarray
        float32, shape (n, m).

    Raises
    ------
    UsageError
        The numbers of dimensions differ, or the metric is unknown.
    DataError
        A vector contains NaN or infinity.

    Examples
    --------
    >>> similarity([3, 4], [[0, 0]], metric="euclidean")
    array([[-5.]], dtype=float32)
    """
    left, right = _two_matrices(a, b, ("a", "b"))
    left, right = _prepare(left, metric), _prepare(right, metric)
    scores = np.empty((len(left), len(right)), dtype=np.float32)
    for rows in _blocks(len(left), QUERY_BLOCK):
        for columns in _blocks(len(right), CORPUS_BLOCK):
            scores[rows, columns] = _METRICS[metric].scores(left[rows], right[columns])
    return scores


def pairwise_similarity(a: ArrayLike, b: ArrayLike, metric: Metric = "cosine") -> Matrix:
    """Return the similarity of each vector of ``a`` with the vector of ``b`` in the same row.

    The parameters are those of :func:`similarity`; both must have n vectors.

    Returns
    -------
    ndarray
        float32, shape (n,).

    Raises
    ------
    UsageError
        The numbers of vectors or of dimensions differ, or the metric is unknown.
    DataError
        A vector contains NaN or infinity.

    Examples
    --------
    >>> pairwise_similarity([[1, 0], [0, 1]], [[1, 0], [1, 0]])
    array([1., 0.], dtype=float32)
    """
    left, right = _two_matrices(a, b, ("a", "b"))
    if len(left) != len(right):
        raise UsageError(
            f"a has {len(left)} vectors and b {len(right)}", hint="give the same number of each"
        )
    left, right = _prepare(left, metric), _prepare(right, metric)
    exact = _exact_dot if metric == "cosine" else _METRICS[metric].exact  # without clipping
    return exact(left, right)


def search(queries: ArrayLike, corpus: ArrayLike, k: int = 10, metric: Metric = "cosine") -> Hits:
    """Find the k most similar vectors of the corpus for each query, exactly.

    Ties are ordered by index in the corpus, lower first. A score depends on its two vectors only,
    not on the other vectors of the call. Additional memory does not grow with the number of
    queries times the size of the corpus.

    Parameters
    ----------
    queries, corpus
        Vectors, shapes (q, d) and (n, d); a single vector (d,) is treated as (1, d).
    k
        Number of hits per query; all n if it is larger.
    metric
        As for :func:`similarity`.

    Returns
    -------
    Hits
        Indices and similarities, shapes (q, k), best first.

    Raises
    ------
    UsageError
        The numbers of dimensions differ, k is below 1, or the metric is unknown.
    DataError
        A vector contains NaN or infinity.

    Examples
    --------
    >>> hits = search([1, 0], [[0, 1], [1, 1], [2, 0]], k=2)
    >>> hits.indices
    array([[2, 1]])
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise UsageError(f"k is {k!r}", hint="give an integer of 1 or more", option="k")
    left, right = _two_matrices(queries, corpus, ("queries", "corpus"))
    left, right = _prepare(left, metric), _prepare(right, metric)
    n_hits = min(int(k), len(right))
    indices = np.empty((len(left), n_hits), dtype=np.int64)
    scores = np.empty((len(left), n_hits), dtype=np.float32)
    for rows in _blocks(len(left), QUERY_BLOCK):
        best = _search_block(left[rows], right, n_hits, _METRICS[metric])
        indices[rows], scores[rows] = best.indices, best.scores
    return Hits(indices, scores)


def _search_block(queries: Matrix, corpus: Matrix, k: int, metric: "_Metric") -> Hits:
    best = Hits(np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32))
    for columns in _blocks(len(corpus), CORPUS_BLOCK):
        found = _best(queries, corpus[columns], k, metric)
        # Later hits are appended, so ties go to the lower index here too.
        indices = np.hstack([best.indices, found.indices + columns.start])
        scores = np.hstack([best.scores, found.scores])
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        best = Hits(*(np.take_along_axis(values, order, axis=1) for values in (indices, scores)))
    return best


def _best(queries: Matrix, corpus: Matrix, k: int, metric: "_Metric") -> Hits:
    """Return the k best of each query, best first, with ties by index.

    A matrix product rounds each score differently, depending on its place and on the shapes. So it
    only chooses candidates, and their scores are computed again, one pair like any other.
    """
    k = min(k, len(corpus))
    rows, columns = _candidates(queries, corpus, k, metric)
    scores = np.empty(len(rows), dtype=np.float32)
    for part in _blocks(len(rows), max(PAIR_BLOCK // max(queries.shape[1], 1), 1)):
        scores[part] = metric.exact(queries[rows[part]], corpus[columns[part]])
    order = np.lexsort((columns, -scores, rows))
    starts = np.searchsorted(rows, np.arange(len(queries)))  # rows are sorted
    chosen = order[starts[:, None] + np.arange(k)]
    return Hits(columns[chosen], scores[chosen])


def _candidates(
    queries: Matrix, corpus: Matrix, k: int, metric: "_Metric"
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns of the pairs that may be among the k best of their query."""
    scores = metric.scores(queries, corpus)
    if k == 1:  # without a partition, which takes longer than the scores
        bound = scores.max(axis=1, keepdims=True)
    else:
        bound = np.partition(scores, -k, axis=1)[:, -k, None]
    bound = bound - 2 * metric.margin(queries, corpus)
    rows, columns = np.nonzero(~(scores < bound))  # also if the bound overflows to NaN
    return rows, columns


def _dot(left: Matrix, right: Matrix) -> Matrix:
    return np.asarray(left @ right.T, dtype=np.float32)


def _cosine(left: Matrix, right: Matrix) -> Matrix:
    return np.clip(_dot(left, right), -1, 1)


def _euclidean(left: Matrix, right: Matrix) -> Matrix:
    # In float32, squares of similar vectors cancel and lose all precision.
    a, b = left.astype(np.float64), right.astype(np.float64)
    squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2 * (a @ b.T)
    return np.asarray(-np.sqrt(np.maximum(squares, 0)), dtype=np.float32)


def _manhattan(left: Matrix, right: Matrix) -> Matrix:
    scores = np.empty((len(left), len(right)), dtype=np.float32)
    step = max(DIFFERENCE_BLOCK // max(right.size, 1), 1)
    for rows in _blocks(len(left), step):
        scores[rows] = -np.abs(left[rows, None, :] - right).sum(axis=2)
    return scores


def _exact_dot(left: Matrix, right: Matrix) -> Matrix:
    return np.asarray(np.einsum("ij,ij->i", left, right), dtype=np.float32)


def _exact_cosine(left: Matrix, right: Matrix) -> Matrix:
    return np.clip(_exact_dot(left, right), -1, 1)


def _exact_euclidean(left: Matrix, right: Matrix) -> Matrix:
    lengths = np.linalg.norm(left.astype(np.float64) - right, axis=1)
    return np.asarray(-lengths, dtype=np.float32)


def _exact_manhattan(left: Matrix, right: Matrix) -> Matrix:
    return np.asarray(-np.abs(left - right).sum(axis=1), dtype=np.float32)


# A margin bounds the difference of the two computations of a score, shape (queries, 1): a sum of d
# terms has a relative error below d units in the last place.


def _cosine_margin(left: Matrix, right: Matrix) -> Matrix:
    return np.full((len(left), 1), _rounding(right), dtype=np.float32)


def _dot_margin(left: Matrix, right: Matrix) -> Matrix:
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1).max()
    return np.asarray(lengths[:, None] * _rounding(right), dtype=np.float32)


def _euclidean_margin(left: Matrix, right: Matrix) -> Matrix:
    a = np.linalg.norm(left.astype(np.float64), axis=1)[:, None]
    longest = a + np.linalg.norm(right, axis=1).max()
    doubles = np.sqrt(_rounding(right) * 2.0**-29)  # the root of a difference of squares
    return np.asarray(longest * (2 * doubles + 2 * _ULP), dtype=np.float32)


def _manhattan_margin(left: Matrix, right: Matrix) -> Matrix:
    longest = np.abs(left).sum(axis=1) + np.abs(right).sum(axis=1).max()
    return np.asarray(longest[:, None] * _rounding(right), dtype=np.float32)


def _rounding(vectors: Matrix) -> float:
    return float(vectors.shape[1] + 8) * _ULP


@dataclass(frozen=True)
class _Metric:
    """Scores of all pairs at once, exact scores of single pairs, and how far they can differ."""

    scores: Callable[[Matrix, Matrix], Matrix]
    exact: Callable[[Matrix, Matrix], Matrix]
    margin: Callable[[Matrix, Matrix], Matrix]


_METRICS = {
    "cosine": _Metric(_cosine, _exact_cosine, _cosine_margin),
    "dot": _Metric(_dot, _exact_dot, _dot_margin),
    "euclidean": _Metric(_euclidean, _exact_euclidean, _euclidean_margin),
    "manhattan": _Metric(_manhattan, _exact_manhattan, _manhattan_margin),
}


def _blocks(count: int, step: int) -> Iterator[slice]:
    return (slice(start, min(start + step, count)) for start in range(0, count, step))


def _prepare(vectors: Matrix, metric: str) -> Matrix:
    if metric not in _METRICS:
        raise UsageError(
            f"there is no metric {metric!r}",
            hint=f"give one of {', '.join(get_args(Metric))}",
            option="metric",
        )
    if metric != "cosine":
        return vectors
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    lengths[lengths == 0] = 1
    other = np.abs(lengths - 1) > _UNIT
    if not other.any():
        return vectors
    # A vector is scaled or not whatever the other vectors are.
    return np.asarray(vectors / np.where(other, lengths, 1), dtype=np.float32)


def _two_matrices(a: ArrayLike, b: ArrayLike, names: tuple[str, str]) -> list[Matrix]:
    matrices = [_matrix(values, name) for values, name in zip((a, b), names, strict=True)]
    widths = [matrix.shape[1] for matrix in matrices]
    if widths[0] != widths[1]:
        raise UsageError(
            f"{names[0]} has {widths[0]} dimensions but {names[1]} has {widths[1]}",
            hint="encode both with the same model",
        )
    return matrices


def _matrix(values: ArrayLike, name: str) -> Matrix:
    try:
        matrix = np.atleast_2d(np.asarray(values, dtype=np.float32))
    except (ValueError, TypeError) as error:
        raise UsageError(f"{name} is not a matrix of numbers: {error}") from error
    if matrix.ndim != 2:
        raise UsageError(
            f"{name} is an array with {matrix.ndim} axes", hint="give vectors of shape (n, d)"
        )
    finite = np.isfinite(matrix).all(axis=1)
    if not finite.all():
        first = int(np.flatnonzero(~finite)[0])
        raise DataError(
            f"vector {first} of {name} (counted from 0) contains NaN or infinity",
            hint="encode it again or remove it",
        )
    return matrix
