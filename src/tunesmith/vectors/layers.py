"""Dense layers on vectors, without torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Activation = Literal["identity", "relu", "tanh", "gelu"]


@dataclass(frozen=True, eq=False)
class Layer:
    """One dense layer: ``activation(weight @ vector + bias)``.

    Parameters
    ----------
    weight
        Weight matrix, float32, shape (out, in).
    bias
        Bias, float32, shape (out,).
    activation
        Activation function; ``"gelu"`` is the exact version with the error function.

    Examples
    --------
    >>> layer = Layer(np.float32([[1, 1]]), np.float32([-2]), "relu")
    >>> layer.apply(np.float32([[1, 3], [0, 0]]))
    array([[2.],
           [0.]], dtype=float32)
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    activation: Activation = "identity"

    def apply(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Apply the layer to vectors (n, in), and return float32, shape (n, out)."""
        sums = np.asarray(vectors, dtype=np.float32) @ self.weight.T + self.bias
        return _activate(sums, self.activation).astype(np.float32)


def _activate(sums: NDArray[np.float32], activation: Activation) -> NDArray[np.float32]:
    if activation == "relu":
        return np.maximum(sums, np.float32(0))
    if activation == "tanh":
        return np.tanh(sums)
    if activation == "gelu":
        from scipy.special import erf

        return np.asarray(sums * 0.5 * (1 + erf(sums / np.sqrt(2.0))), dtype=np.float32)
    return sums


def apply_layers(layers: Sequence[Layer], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Apply layers to unit vectors (n, in) of the base, like a model saved with these layers.

    Returns
    -------
    ndarray
        Unit vectors, float32, shape (n, out); without layers, the input itself.

    Examples
    --------
    >>> swap = Layer(np.float32([[0, 1], [1, 0]]), np.zeros(2, np.float32))
    >>> apply_layers([swap], np.float32([[0.6, 0.8]])).round(3)
    array([[0.8, 0.6]], dtype=float32)
    """
    for layer in layers:
        vectors = layer.apply(vectors)
    return of_length_1(vectors) if layers else vectors


def of_length_1(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """L2-normalise vectors (n, d), and return float32; zero vectors are unchanged.

    Returns
    -------
    ndarray
        Unit vectors, float32, shape (n, d).

    Examples
    --------
    >>> of_length_1(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]], dtype=float32)
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)
