"""The protocol that everything which needs vectors depends on, instead of on a model class."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class Encoder(Protocol):
    """Turns texts into vectors.

    Any object with these members will do; no class has to be inherited from.

    Examples
    --------
    An encoder of one dimension, the length of the text:

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
        """What people call it."""
        ...

    @property
    def digest(self) -> str:
        """A hexadecimal digest of all that decides its vectors."""
        ...

    @property
    def dimension(self) -> int:
        """The width of its vectors."""
        ...

    @property
    def max_length(self) -> int:
        """The number of tokens, special ones included, after which a text is cut off."""
        ...

    def encode(
        self, texts: Sequence[str], *, prompt: str | None = None, verbose: bool = False
    ) -> NDArray[np.float32]:
        """Return one vector a text, float32, C-contiguous, shape (n, dimension)."""
        ...

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return each text's tokens, special ones included and none cut off, shape (n,)."""
        ...
