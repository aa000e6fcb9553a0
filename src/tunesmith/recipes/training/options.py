"""Options of a training run: checkpoints, validation and early stopping."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import UsageError

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""Function from texts to unit vectors, float32, shape (n, d)."""
Score = Callable[[Any], float]
"""Validation score, higher is better; for an encoder it takes an :data:`Encode` function."""


@dataclass(frozen=True)
class RunOptions:
    """Options of a training run: checkpoints, validation and early stopping.

    Parameters
    ----------
    checkpoint
        Folder for the checkpoint, from which an interrupted run resumes. It holds one file, the
        latest state, which is deleted when the run succeeds.
    checkpoint_seconds
        Minimum time between two checkpoints in seconds; they are written after every twentieth of
        the steps and at the end of each epoch.
    score
        Validation score of the weights, higher is better. The initial weights are scored first,
        then the weights one to ``evals_per_epoch`` times per epoch, more often in longer epochs.
        The run returns the best weights.
    patience
        Number of consecutive scores without improvement after which training stops. Two epochs have
        at most eight scores: scores drop while the learning rate is high and recover as it falls,
        so a lower patience can stop a run too early.
    fallback_to_base
        Whether to return the initial weights if no others score better. Set it to False to get the
        best trained weights, for example to compare them with the base or to blend the two.
    evals_per_epoch
        Maximum number of scores per epoch. A choice based on few rows is random: scoring rarely on
        all validation rows is better than often on a part of them.

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
        """Validate the parameters."""
        for name, number in (
            ("patience", self.patience),
            ("evals_per_epoch", self.evals_per_epoch),
        ):
            if number < 1:
                raise UsageError(f"{name} is {number}", hint="give 1 or more", option=name)


PLAIN = RunOptions()
