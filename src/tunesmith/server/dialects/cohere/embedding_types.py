"""Vectors in the number formats of Cohere; none depends on the other texts of a request."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tunesmith.server.dialects.payloads import as_base64
from tunesmith.vectors.compress import quantize

EmbeddingType = Literal["float", "int8", "uint8", "binary", "ubinary", "base64"]

# One scale for all texts keeps dot products. The largest values of sentence vectors are about four
# times their root mean square, 1 / sqrt(dimensions). The largest error of a dot product between 450
# example texts: 0.011 for a range of 3.5, 0.005 for 4, 0.003 for 5, 0.006 for 8, 0.018 for -1 to 1.
_RANGE = 5.0


def by_type(
    vectors: NDArray[np.float32], types: Sequence[EmbeddingType]
) -> dict[EmbeddingType, list[Any]]:
    """Return vectors in each of the formats.

    Parameters
    ----------
    vectors
        Vectors of length 1, float32, shape (n, d).
    types
        ``"float"``; ``"int8"`` (-128 to 127) and ``"uint8"`` (0 to 255), with a scale that depends
        on the number of dimensions only; ``"ubinary"`` (signs, 8 per byte, first bit highest) and
        ``"binary"`` (the same minus 128); ``"base64"`` (little-endian float32).

    Examples
    --------
    >>> by_type(np.float32([[0.6, -0.8]]), ["int8", "ubinary", "binary"])
    {'int8': [[22, -29]], 'ubinary': [[128]], 'binary': [[0]]}
    """
    return {each: _converted(vectors, each) for each in types}


def _converted(vectors: NDArray[np.float32], kind: EmbeddingType) -> list[Any]:
    if kind == "base64":
        return [as_base64(row) for row in vectors]
    return [row.tolist() for row in _numbers(vectors, kind)]


def _numbers(vectors: NDArray[np.float32], kind: EmbeddingType) -> NDArray[Any]:
    if kind in {"binary", "ubinary"}:
        packed = quantize(vectors, "binary").astype(np.int16)
        return packed if kind == "ubinary" else packed - 128
    if kind in {"int8", "uint8"}:
        return _int8(vectors) + (128 if kind == "uint8" else 0)
    return vectors


def _int8(vectors: NDArray[np.float32]) -> NDArray[np.int16]:
    scale = 127 * vectors.shape[1] ** 0.5 / _RANGE
    return np.asarray(np.clip(np.rint(vectors * scale), -128, 127), dtype=np.int16)
