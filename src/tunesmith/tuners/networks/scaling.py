"""Where learning on vectors starts: inputs of a like size, and their principal directions."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from tunesmith.threads import one_thread


@dataclass(frozen=True, eq=False)
class Scaling:
    """Centring and scaling of inputs, so that training does not depend on their mean or unit.

    Parameters
    ----------
    centre
        Vector subtracted from each input, float32, shape (d,).
    scale
        Factor applied afterwards.
    """

    centre: NDArray[np.float32]
    scale: float

    @classmethod
    def of(cls, vectors: NDArray[Any]) -> Self:
        """Return the scaling to mean 0 and root mean square 1; a single row is not centred."""
        centre = np.zeros(vectors.shape[1], dtype=np.float32)
        if len(vectors) > 1:
            centre = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        size = float(np.linalg.norm(vectors - centre)) / vectors.size**0.5
        return cls(centre, 1 / size if size > 0 else 1.0)

    def apply(self, vectors: NDArray[Any]) -> NDArray[np.float32]:
        """Return the scaled inputs of a network, float32, shape (n, d)."""
        inputs = np.asarray(vectors, dtype=np.float32) - self.centre
        inputs *= np.float32(self.scale)
        return inputs

    def unscale(
        self, weight: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the equivalent weight and bias for unscaled inputs."""
        scaled = (weight * self.scale).astype(np.float32)
        return scaled, (bias - scaled @ self.centre).astype(np.float32)


def principal_directions(
    inputs: NDArray[np.float32], count: int, random: np.random.RandomState
) -> NDArray[np.float32]:
    """Return the directions of the largest variance, float32, orthonormal, shape (count, d).

    Directions outside the span of the rows (n, d) are random. Directions beyond d are random unit
    vectors.
    """
    found = np.zeros((0, inputs.shape[1]))
    rank = min(count, len(inputs) - 1, inputs.shape[1])
    if rank > 0:
        with one_thread():  # for such sizes a second thread does not help
            found = PCA(rank, random_state=random).fit(inputs).components_
    return completed_directions(found, count, random).astype(np.float32)


def completed_directions(
    found: NDArray[Any], count: int, random: np.random.RandomState
) -> NDArray[Any]:
    """Add random unit vectors to directions, orthogonal to them as long as possible.

    Parameters
    ----------
    found
        Orthonormal directions, at most ``count``, shape (k, d).
    count
        Total number of directions.
    random
        Random state.
    """
    width = found.shape[1]
    random_directions = random.normal(size=(count - len(found), width))
    n_orthogonal = min(count, width) - len(found)
    if n_orthogonal > 0:
        free = random_directions[:n_orthogonal] - random_directions[:n_orthogonal] @ found.T @ found
        random_directions[:n_orthogonal] = np.linalg.qr(free.T)[0].T
    random_directions[n_orthogonal:] /= np.linalg.norm(
        random_directions[n_orthogonal:], axis=1, keepdims=True
    )
    return np.concatenate([found, random_directions])
