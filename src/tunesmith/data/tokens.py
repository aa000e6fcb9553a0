"""The length of texts in tokens of a model, without a model library."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Tokens(Protocol):
    """A token counter for one model."""

    @property
    def max_length(self) -> int:
        """The model's maximum sequence length in tokens, special tokens included."""
        ...

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return the untruncated lengths in tokens, special tokens included, shape (n,)."""
        ...


class Characters:
    """Counts characters, where no model is known: at most a thousand for a text.

    Examples
    --------
    >>> Characters().token_lengths(["my card", ""])
    array([7, 0])
    """

    max_length = 1000

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return the lengths in characters, shape (n,)."""
        return np.array([len(text) for text in texts], dtype=np.int64)
