"""Weights scored on validation while they are trained, and the best of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tunesmith.errors import TunesmithError
from tunesmith.recipes.training.options import Score
from tunesmith.recipes.training.weights import Weights

MOST_AN_EPOCH = 4
STEPS_TO_SCORE = 25
_BEST = "best."


def scored_steps(epochs: Sequence[int], most: int = MOST_AN_EPOCH) -> frozenset[int]:
    """Return after which steps weights are scored: once to ``most`` times an epoch.

    Parameters
    ----------
    epochs
        The steps of each epoch.
    most
        Scores in a long epoch.

    Examples
    --------
    >>> sorted(scored_steps([10, 10])), sorted(scored_steps([1000]))
    ([10, 20], [250, 500, 750, 1000])
    """
    found: set[int] = set()
    begun = 0
    for steps in epochs:
        times = min(max(steps // STEPS_TO_SCORE, 1), most)
        found.update(begun + steps * turn // times for turn in range(1, times + 1))
        begun += steps
    return frozenset(found)


class Validation:
    """Scores the weights under training and remembers the best.

    Parameters
    ----------
    weights
        What is trained.
    score
        Scores them; more is better.
    patience
        After so many scores without a better one it is :attr:`over`.
    fallback_to_base
        Whether the weights before the first step count among the best.

    Attributes
    ----------
    scores : list of (int, float)
        After how many steps what was scored.
    """

    def __init__(
        self, weights: Weights, score: Score, patience: int, *, fallback_to_base: bool = True
    ) -> None:
        self._weights, self._score = weights, score
        self._patience, self._or_base = patience, fallback_to_base
        self.scores: list[tuple[int, float]] = []
        self._best: dict[str, Tensor] = {}

    @property
    def best_step(self) -> int:
        """After how many steps the best weights were scored; of equals the first."""
        counted = [scored for scored in self.scores if scored[0] or self._or_base]
        return max(counted or self.scores, key=lambda scored: scored[1])[0]

    @property
    def over(self) -> bool:
        """Whether patience has run out."""
        since = [step for step, _ in self.scores if step > self.best_step]
        return len(since) >= self._patience

    def look(self) -> None:
        """Score the weights as they are, unless that has been done.

        Raises
        ------
        TunesmithError
            The score is no finite number.
        """
        step = self._weights.clock.steps
        if self.scores and self.scores[-1][0] == step:
            return
        with self._weights.at_rest():
            value = float(self._weights.judged(self._score))
        if not np.isfinite(value):
            raise TunesmithError(f"the score after {step} steps is {value}: nothing was written")
        self.scores.append((step, value))
        if self.best_step == step:
            self._best = {name: held.clone() for name, held in self._weights.trained().items()}

    def put_back(self) -> None:
        """Give the model the best weights."""
        self._weights.put(self._best)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the best weights for a checkpoint."""
        return {f"{_BEST}{name}": held.cpu().numpy() for name, held in self._best.items()}

    def go_on(
        self, scores: Sequence[tuple[int, float]], arrays: Mapping[str, NDArray[Any]]
    ) -> None:
        """Go on from the scores and :meth:`arrays` of a checkpoint.

        Raises
        ------
        KeyError, ValueError
            A weight is missing or of another shape.
        """
        self.scores = [(int(step), float(value)) for step, value in scores]
        names = self._weights.trained()
        self._best = {name: torch.from_numpy(arrays[f"{_BEST}{name}"]) for name in names}
        self._weights.require_fitting(self._best)
