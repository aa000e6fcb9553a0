"""Which texts resemble the training texts; the vectors of these are kept and never published."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from tunesmith.errors import DamagedModel
from tunesmith.vectors.similarity import search

FILE = "familiar.safetensors"
FLAGGED_SHARE = 0.02  # of texts that resemble the training texts
MOST_ROWS = 5_000


@dataclass(frozen=True, eq=False)
class FamiliarTexts:
    """Vectors of the training texts, and the least similarity of a text that resembles them.

    Parameters
    ----------
    vectors
        Vectors of the training texts, float32, shape (n, d).
    threshold
        Least cosine to the nearest of them.

    Examples
    --------
    >>> texts = FamiliarTexts(np.eye(2, 3, dtype="f4"), threshold=0.5)
    >>> texts.include(np.array([[0.6, 0.8, 0], [0.3, 0.3, 0.9]], dtype="f4"))
    array([ True, False])
    """

    vectors: NDArray[np.float32]
    threshold: float

    @classmethod
    def of(cls, vectors: NDArray[np.float32], similarities: NDArray[np.float32]) -> "FamiliarTexts":
        """Return the texts with the threshold that flags 2% of new texts like them.

        Parameters
        ----------
        vectors
            Vectors of the training texts, shape (n, d); at most 5,000 of them are kept.
        similarities
            Cosine of texts like these to the nearest training text, by models that were not
            trained on them, shape (m,).
        """
        return cls(evenly_drawn(vectors), float(np.quantile(similarities, FLAGGED_SHARE)))

    def include(self, vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which texts resemble the training texts, shape (n,); a vector of NaN does not."""
        known = ~np.isnan(vectors[:, 0])
        found = np.zeros(len(vectors), dtype=np.bool_)
        if known.any():
            found[known] = nearest_similarity(vectors[known], self.vectors) >= self.threshold
        return found


def nearest_similarity(
    vectors: NDArray[np.float32], training: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the cosine of each vector to the nearest training vector, float32, shape (n,)."""
    return search(vectors, training, k=1).scores[:, 0]


def evenly_drawn(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return at most 5,000 of the vectors, evenly over the rows of the file."""
    if len(vectors) <= MOST_ROWS:
        return vectors
    return vectors[np.linspace(0, len(vectors) - 1, MOST_ROWS).astype(np.int64)]


def write_familiar(folder: Path, texts: FamiliarTexts) -> None:
    """Write the vectors, as float16, and the threshold to a model's folder.

    Texts can be guessed from their vectors. Files are published only if ``tunesmith.json`` lists
    them, so call this where the report is written, after the digests are computed.
    """
    tensors = {
        "vectors": texts.vectors.astype(np.float16),
        "threshold": np.array([texts.threshold]),
    }
    save_file(tensors, str(folder / FILE))


def read_familiar(folder: Path) -> FamiliarTexts | None:
    """Return the vectors and the threshold in a model's folder, or None if it has none.

    Raises
    ------
    DamagedModel
        The file cannot be read.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        stored = load_file(str(path))
        vectors = stored["vectors"].astype(np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        threshold = float(stored["threshold"].item())
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise DamagedModel(
            f"{path} cannot be read: {error}", hint="fit the model again, or delete this file"
        ) from error
    # Normalised once, so that a search does not do it at each call.
    return FamiliarTexts(vectors / np.maximum(lengths, 1e-6), threshold)
