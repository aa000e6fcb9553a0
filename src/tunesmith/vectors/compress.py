"""Compression of vectors: fewer dimensions, or fewer bits per dimension."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunesmith.errors import UsageError
from tunesmith.vectors.layers import of_length_1

VectorPrecision = Literal["float32", "float16", "int8", "binary"]
_LARGEST = 127


def truncate(vectors: ArrayLike, dim: int) -> NDArray[np.float32]:
    """Return the first dimensions of each vector, L2-normalised again.

    Models trained with the Matryoshka loss keep most information in the first dimensions (Kusupati
    et al. 2022, https://arxiv.org/abs/2205.13147); others lose more.

    Parameters
    ----------
    vectors
        Vectors, shape (n, d).
    dim
        Number of dimensions to keep, 1 to d.

    Returns
    -------
    ndarray
        float32, shape (n, dim); zero vectors are unchanged.

    Raises
    ------
    UsageError
        The vectors have fewer dimensions.

    Examples
    --------
    >>> truncate([[0.6, 0.0, 0.8]], 2)
    array([[1., 0.]], dtype=float32)
    """
    matrix = _matrix(vectors)
    if not 1 <= dim <= matrix.shape[1]:
        raise UsageError(
            f"vectors of {matrix.shape[1]} dimensions cannot be truncated to {dim}",
            hint=f"give 1 to {matrix.shape[1]}",
            option="dim",
        )
    return of_length_1(matrix[:, :dim])


def quantize(vectors: ArrayLike, precision: VectorPrecision) -> NDArray[np.generic]:
    """Return vectors with fewer bits per dimension.

    Parameters
    ----------
    vectors
        Vectors, shape (n, d).
    precision
        ``"float32"`` (4 bytes per dimension), ``"float16"`` (2), ``"int8"`` (1; each vector is
        scaled so that its largest absolute value becomes 127, which keeps cosines), or ``"binary"``
        (one bit: whether the value is above 0).

    Returns
    -------
    ndarray
        float32, float16 or int8, shape (n, d); for ``"binary"`` uint8, shape (n, d / 8 rounded up),
        as :func:`numpy.packbits` packs them.

    Raises
    ------
    UsageError
        The precision is unknown.

    Examples
    --------
    >>> quantize([[0.6, 0.0, -0.8]], "int8")
    array([[  95,    0, -127]], dtype=int8)
    >>> quantize([[0.6, 0.0, -0.8]], "binary")
    array([[128]], dtype=uint8)
    """
    matrix = _matrix(vectors)
    if precision not in get_args(VectorPrecision):
        raise UsageError(
            f"there is no precision {precision!r}",
            hint=f"give {', '.join(get_args(VectorPrecision))}",
            option="precision",
        )
    if precision == "binary":
        return np.packbits(matrix > 0, axis=1)
    if precision == "int8":
        largest = np.abs(matrix).max(axis=1, keepdims=True, initial=0)
        scaled = matrix * (_LARGEST / np.where(largest > 0, largest, 1))
        return np.rint(scaled).astype(np.int8)
    return matrix.astype(precision)


def dequantize(vectors: ArrayLike, precision: VectorPrecision, dim: int) -> NDArray[np.float32]:
    """Return float32 unit vectors from the output of :func:`quantize`.

    Parameters
    ----------
    vectors
        Output of :func:`quantize`.
    precision
        Precision of the vectors.
    dim
        Original number of dimensions; used for ``"binary"`` only.

    Returns
    -------
    ndarray
        float32, shape (n, dim).

    Examples
    --------
    >>> dequantize(quantize([[0.6, -0.8]], "int8"), "int8", 2).round(2)
    array([[ 0.6, -0.8]], dtype=float32)
    """
    codes = np.atleast_2d(np.asarray(vectors))
    if precision == "binary":
        bits = np.unpackbits(codes.astype(np.uint8), axis=1, count=dim)
        return of_length_1(bits.astype(np.float32) * 2 - 1)
    return of_length_1(codes.astype(np.float32))


def _matrix(vectors: ArrayLike) -> NDArray[np.float32]:
    return np.atleast_2d(np.asarray(vectors, dtype=np.float32))
