"""What every evaluator offers: from an encoder to the scores of its items."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.item_scores import ItemScores

Vectors = NDArray[np.float32]


class Encode(Protocol):
    """Texts to vectors, float32, shape (n, d); queries and documents may differ."""

    def __call__(self, texts: Sequence[str], *, prompt: str | None = None) -> Vectors:
        """Return the vectors; ``prompt`` is ``"query"``, ``"document"`` or None."""
        ...


class Evaluator(Protocol):
    """What a model is marked on."""

    @property
    def headline(self) -> str:
        """The metric that decides."""
        ...

    @property
    def texts(self) -> list[str]:
        """The distinct texts that a model must encode."""
        ...

    def __len__(self) -> int:
        """Return how many items are marked."""
        ...

    def evaluate(self, encode: Encode) -> ItemScores:
        """Return how a model does."""
        ...
