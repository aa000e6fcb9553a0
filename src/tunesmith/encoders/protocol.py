"""The encoder protocol, on which other code depends instead of a model class."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class Encoder(Protocol):
    """Turns texts into vectors.

    Any object with these members can be used; inheritance is not needed.

    Examples
    --------
    An encoder with one dimension, the length of the text:

    >>> class Lengths:
    ...     name, digest, dimension, max_length = "lengths", "0", 1, 512
    ...     def encode(self, texts, *, prompt=None, verbose=False):
    ...         return np.array([[len(text)] for text in texts], dtype=np.float32)
    ...     def token_lengths(self, texts):
    ...         return np.array([len(text.split()) for text in texts], dtype=np.int64)
    >>> isinstance(Lengths(), Encoder)
    True
    """

    @property
    def name(self) -> str:
        """The display name."""
        ...

    @property
    def digest(self) -> str:
        """A hexadecimal digest of everything that affects its vectors."""
        ...

    @property
    def dimension(self) -> int:
        """The number of dimensions of its vectors."""
        ...

    @property
    def max_length(self) -> int:
        """The maximum number of tokens, including special ones; longer texts are truncated."""
        ...

    def encode(
        self, texts: Sequence[str], *, prompt: str | None = None, verbose: bool = False
    ) -> NDArray[np.float32]:
        """Return one vector per text, float32, C-contiguous, shape (n, dimension)."""
        ...

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return the token counts of texts, including special tokens, untruncated, shape (n,)."""
        ...
