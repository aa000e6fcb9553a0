"""Validation during training: scores the weights and keeps the best."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tunesmith.errors import TrainingFailed
from tunesmith.recipes.training.options import Score
from tunesmith.recipes.training.weights import Weights

MAX_PER_EPOCH = 4
STEPS_TO_SCORE = 25
_BEST = "best."


def scored_steps(epochs: Sequence[int], most: int = MAX_PER_EPOCH) -> frozenset[int]:
    """Return the steps after which weights are scored: 1 to ``most`` times per epoch.

    Parameters
    ----------
    epochs
        Number of steps of each epoch.
    most
        Maximum number of scores per epoch.

    Examples
    --------
    >>> sorted(scored_steps([10, 10])), sorted(scored_steps([1000]))
    ([10, 20], [250, 500, 750, 1000])
    """
    steps_found: set[int] = set()
    start = 0
    for steps in epochs:
        times = min(max(steps // STEPS_TO_SCORE, 1), most)
        steps_found.update(start + steps * index // times for index in range(1, times + 1))
        start += steps
    return frozenset(steps_found)


class Validation:
    """Scores the weights during training and keeps the best.

    Parameters
    ----------
    weights
        Weights being trained.
    score
        Scoring function; higher is better.
    patience
        Number of scores without improvement after which :attr:`should_stop` is True.
    fallback_to_base
        Whether the initial weights can be chosen as the best.

    Attributes
    ----------
    scores : list of (int, float)
        Steps and scores.
    """

    def __init__(
        self, weights: Weights, score: Score, patience: int, *, fallback_to_base: bool = True
    ) -> None:
        self._weights, self._score = weights, score
        self._patience, self._fallback_to_base = patience, fallback_to_base
        self.scores: list[tuple[int, float]] = []
        self._best: dict[str, Tensor] = {}

    @property
    def best_step(self) -> int:
        """The step of the best score; the first of equal scores."""
        eligible = [scored for scored in self.scores if scored[0] or self._fallback_to_base]
        return max(eligible or self.scores, key=lambda scored: scored[1])[0]

    @property
    def should_stop(self) -> bool:
        """Whether patience has run out."""
        since = [step for step, _ in self.scores if step > self.best_step]
        return len(since) >= self._patience

    def evaluate(self) -> None:
        """Score the current weights, unless that has been done.

        Raises
        ------
        TrainingFailed
            The score is not finite.
        """
        step = self._weights.clock.steps
        if self.scores and self.scores[-1][0] == step:
            return
        with self._weights.at_rest():
            value = float(self._weights.validation_score(self._score))
        if not np.isfinite(value):
            raise TrainingFailed(
                f"the validation score after {step} steps is {value}",
                hint="choose a lower learning rate; nothing was written",
            )
        self.scores.append((step, value))
        if self.best_step == step:
            self._best = {name: weight.clone() for name, weight in self._weights.trained().items()}

    def restore_best(self) -> None:
        """Load the best weights into the model."""
        self._weights.put(self._best)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the best weights for a checkpoint."""
        return {f"{_BEST}{name}": weight.cpu().numpy() for name, weight in self._best.items()}

    def go_on(
        self, scores: Sequence[tuple[int, float]], arrays: Mapping[str, NDArray[Any]]
    ) -> None:
        """Resume from the scores and :meth:`arrays` of a checkpoint.

        Raises
        ------
        KeyError, ValueError
            A weight is missing or has another shape.
        """
        self.scores = [(int(step), float(value)) for step, value in scores]
        names = self._weights.trained()
        self._best = {name: torch.from_numpy(arrays[f"{_BEST}{name}"]) for name in names}
        self._weights.require_fitting(self._best)
