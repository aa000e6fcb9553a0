"""The likely labels of texts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class LabelGuesses:
    """The likely label of each of n texts.

    Parameters
    ----------
    names
        The labels, sorted.
    likely
        The most probable label of each text, an index of ``names``, int64, shape (n,).
    probability
        Its probability, float32, shape (n,). Texts that the classifier was trained on are predicted
        out of fold.
    doubt
        0 to 1, float32, shape (n,): without a label, 1 minus the margin between the two most
        probable labels; with one, 1 minus the probability of the text's own label.
    suspects
        Positions of texts whose label may be wrong, most suspicious first, int64; ``likely`` says
        which label they may have.

    Examples
    --------
    >>> numbers = np.zeros(2, dtype=np.float32)
    >>> len(LabelGuesses(("card", "refund"), np.array([0, 1]), numbers, numbers, np.arange(0)))
    2
    """

    names: tuple[str, ...]
    likely: NDArray[np.int64]
    probability: NDArray[np.float32]
    doubt: NDArray[np.float32]
    suspects: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.likely)
