"""What a training run keeps on disk while it goes on, and what watches it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import UsageError

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to their vectors, float32, shape (n, d), of length 1."""
Score = Callable[[Any], float]
"""Scores what weights do on validation data, more is better: of an encoder, an :data:`Encode`."""


@dataclass(frozen=True)
class RunOptions:
    """What a training run keeps on disk while it goes on, and what watches it.

    Parameters
    ----------
    checkpoint
        A folder for the state of the run, so that the same run goes on where it was killed. It
        gets one file, the newest state, which is removed when the run has ended well.
    checkpoint_seconds
        The least time between two states; they are written at every twentieth of the steps and
        at the end of an epoch.
    score
        Scores weights on validation data, more is better: first those that training begins with,
        then one to four times an epoch, the more steps an epoch has the more often. The best
        weights are the run's result.
    patience
        Training ends after so many scores, one after the other, that are no better than the best.
        Two epochs have eight at most: while the rate is high scores dip, and rise again as it
        falls, so less patience ends a run before it has shown what it is worth.
    fallback_to_base
        Whether the weights that training begins with are the result where no others score better.
        Whoever compares the result with the base anyway, or mixes the two, wants the best that
        training reached.
    evals_per_epoch
        How often a long epoch is scored at most. What is chosen by few rows is chosen by chance:
        rather look seldom at all of validation than often at a part of it.

    Raises
    ------
    UsageError
        ``patience`` or ``evals_per_epoch`` is below 1.

    Examples
    --------
    >>> RunOptions(checkpoint=Path("state")).checkpoint_seconds
    20.0
    """

    checkpoint: Path | None = None
    checkpoint_seconds: float = 20.0
    score: Score | None = None
    patience: int = 8
    fallback_to_base: bool = True
    evals_per_epoch: int = 4

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        for name, number in (("patience", self.patience), ("looks", self.evals_per_epoch)):
            if number < 1:
                raise UsageError(f"{name} is {number}: give 1 or more")


PLAIN = RunOptions()
