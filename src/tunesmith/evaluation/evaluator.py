"""The evaluator protocol: from an encoder to per-item scores."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.item_scores import ItemScores

Vectors = NDArray[np.float32]


class Encode(Protocol):
    """A function from texts to vectors, float32, shape (n, d), which may depend on the prompt."""

    def __call__(self, texts: Sequence[str], *, prompt: str | None = None) -> Vectors:
        """Return the vectors; ``prompt`` is ``"query"``, ``"document"`` or None."""
        ...


class Evaluator(Protocol):
    """Held-out data on which a model is scored."""

    @property
    def headline(self) -> str:
        """The headline metric."""
        ...

    @property
    def texts(self) -> list[str]:
        """The distinct texts that a model must encode."""
        ...

    def __len__(self) -> int:
        """Return the number of scored items."""
        ...

    def evaluate(self, encode: Encode) -> ItemScores:
        """Return the per-item scores of a model."""
        ...
