"""Where learning on vectors starts: inputs of a like size, and their principal directions."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from tunesmith.threads import one_thread


@dataclass(frozen=True, eq=False)
class Scaling:
    """How inputs are centred and scaled, so that their place and unit do not matter.

    Parameters
    ----------
    centre
        What is subtracted from each input, float32, shape (d,).
    scale
        By what it is then multiplied.
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
        """Return the inputs as a network takes them, float32, shape (n, d)."""
        inputs = np.asarray(vectors, dtype=np.float32) - self.centre
        inputs *= np.float32(self.scale)
        return inputs

    def undone(
        self, weight: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the weight and bias that do the same to inputs as they come."""
        scaled = (weight * self.scale).astype(np.float32)
        return scaled, (bias - scaled @ self.centre).astype(np.float32)


def principal_directions(
    inputs: NDArray[np.float32], count: int, random: np.random.RandomState
) -> NDArray[np.float32]:
    """Return the directions of the largest variance, float32, orthonormal, shape (count, d).

    Where the rows (n, d) span no more, they are random. Directions beyond d are random too, of
    length 1.
    """
    found = np.zeros((0, inputs.shape[1]))
    rank = min(count, len(inputs) - 1, inputs.shape[1])
    if rank > 0:
        with one_thread():  # for such sizes a second thread mostly waits
            found = PCA(rank, random_state=random).fit(inputs).components_
    return completed_directions(found, count, random).astype(np.float32)


def completed_directions(
    found: NDArray[Any], count: int, random: np.random.RandomState
) -> NDArray[Any]:
    """Add random directions of length 1 to these, at right angles to them where there is room.

    Parameters
    ----------
    found
        Orthonormal, shape (some, d).
    count
        How many there shall be in all.
    random
        The dice.
    """
    width = found.shape[1]
    missing = random.normal(size=(count - len(found), width))
    room = min(count, width) - len(found)
    if room > 0:
        free = missing[:room] - missing[:room] @ found.T @ found
        missing[:room] = np.linalg.qr(free.T)[0].T
    missing[room:] /= np.linalg.norm(missing[room:], axis=1, keepdims=True)
    return np.concatenate([found, missing])
