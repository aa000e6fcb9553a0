"""Common parts of all runs: the report of a run, its clock, and writing a model."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunesmith.encoders.backends.quiet import no_progress_bars
from tunesmith.errors import OutputError
from tunesmith.folders import replacing
from tunesmith.results.summary import Stage
from tunesmith.stop import Stop


@dataclass(frozen=True)
class RecipeRun:
    """Summary of a training run.

    Parameters
    ----------
    seconds
        Wall time of the run in seconds, including loading and saving the model.
    epochs
        Number of completed epochs; fractional if time ran out.
    steps
        Number of weight updates.
    losses
        Mean loss of each epoch that was started.
    stopped_early
        Whether the time limit or early stopping ended the run before the last epoch.
    scores
        Validation scores as (step, score), starting with the initial weights (step 0); empty
        without validation.
    best_step
        Step of the best validation score, whose weights were written: 0 if the initial weights
        were best. None without validation.
    stages
        Earlier stages of a recipe with several stages.

    Examples
    --------
    >>> run = RecipeRun(12.5, epochs=1.0, steps=40, losses=(0.3,), stopped_early=False)
    >>> run.kept_base
    False
    """

    seconds: float
    epochs: float
    steps: int
    losses: tuple[float, ...]
    stopped_early: bool
    scores: tuple[tuple[int, float], ...] = ()
    best_step: int | None = None
    stages: tuple[Stage, ...] = ()

    @property
    def kept_base(self) -> bool:
        """Whether the weights written are the initial ones."""
        return self.steps == 0 or self.best_step == 0


BACKWARD_COST = 3.9
"""Cost of training on a text, relative to a forward pass: a backward pass costs twice a forward
pass; padding and the optimizer add a third."""
_WARM_UP_STEPS = 5  # the first steps are slower than the rest


class StepClock:
    """Counts steps, and reduces the planned number to what the time limit allows.

    The plan is only ever shortened, and only if the mean step time predicts that it will not
    fit: the result of a run with time to spare does not depend on the speed of the machine.

    Parameters
    ----------
    stop
        Token with the time limit; None for no limit.

    Examples
    --------
    >>> clock = StepClock()
    >>> clock.begin(planned=2)
    >>> clock.tick()
    >>> clock.done, clock.progress
    (False, 0.5)
    """

    def __init__(self, stop: Stop | None = None) -> None:
        self.planned = self.steps = self._limit = self._before = 0
        self.stop = stop or Stop()
        self._start = time.monotonic()

    def begin(self, planned: int, done: int = 0) -> None:
        """Start a plan of this number of steps, of which an earlier run may have done some."""
        self.planned = self._limit = planned
        self.steps = self._before = done
        self._start = time.monotonic()

    @property
    def done(self) -> bool:
        """Whether no further step should start."""
        return self.steps >= self._limit or self.late

    @property
    def late(self) -> bool:
        """Whether the time limit has passed."""
        return self.stop.late

    @property
    def progress(self) -> float:
        """Fraction of the (possibly shortened) plan that is done, 0 to 1."""
        return min(1.0, self.steps / max(self._limit, 1))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Exclude the time of the block from the step time."""
        begun = time.monotonic()
        yield
        self._start += time.monotonic() - begun

    def tick(self) -> None:
        """Count one step, and shorten the plan if the rest no longer fits."""
        self.steps += 1
        left = self.stop.left
        if left is None or self.steps - self._before < _WARM_UP_STEPS:
            return
        step_time = max((time.monotonic() - self._start) / (self.steps - self._before), 1e-9)
        self._limit = min(self._limit, self.steps + int(left / step_time))


def linear_warmup_decay(progress: float, warmup_ratio: float) -> float:
    """Return the factor of the learning rate: a linear rise, then a linear fall to zero.

    Parameters
    ----------
    progress
        Fraction of the training that is done, 0 to 1.
    warmup_ratio
        Share of the training in which the learning rate rises.

    Examples
    --------
    >>> [round(linear_warmup_decay(part, 0.1), 2) for part in (0.05, 0.1, 0.55, 1.0)]
    [0.5, 1.0, 0.5, 0.0]
    """
    if progress < warmup_ratio:
        return progress / warmup_ratio
    return (1.0 - progress) / max(1.0 - warmup_ratio, 1e-9)


def require_free(out: Path) -> None:
    """Raise :class:`~tunesmith.errors.OutputError` if ``out`` exists."""
    if out.exists():
        raise OutputError(f"{out} already exists", hint="choose another folder or delete it")


def save_model(model: Any, out: Path) -> None:
    """Write a SentenceTransformer to a folder, completely or not at all.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    with replacing(out) as paused, no_progress_bars():
        model.save_pretrained(str(paused), create_model_card=False)
