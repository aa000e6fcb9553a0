"""The evaluator protocol: from an encoder to per-item scores."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.item_scores import ItemScores

Vectors = NDArray[np.float32]


class Encode(Protocol):
    """A function from texts to vectors, float32, shape (n, d), which may depend on the prompt.

    Examples
    --------
    >>> def encode(texts, *, prompt=None):
    ...     return np.array([[len(text)] for text in texts], dtype=np.float32)
    >>> encode(["card", "no"], prompt="query").tolist()
    [[4.0], [2.0]]
    """

    def __call__(self, texts: Sequence[str], *, prompt: str | None = None) -> Vectors:
        """Return the vectors; ``prompt`` is ``"query"``, ``"document"`` or None."""
        ...


class Evaluator(Protocol):
    """Held-out data on which a model is scored.

    Examples
    --------
    >>> from tunesmith.data import detect, read
    >>> from tunesmith.evaluation import build_evaluator
    >>> evaluator = build_evaluator(detect(read("examples/scored_pairs.csv")).examples)
    >>> evaluator.headline, len(evaluator)
    ('Spearman, cosine', 50)
    """

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
