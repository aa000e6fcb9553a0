"""What every recipe shares: what a run reports, its clock, and writing a model."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import ArrayLike

from tunesmith.encoders.backends.quiet import no_progress_bars
from tunesmith.errors import OutputError
from tunesmith.folders import replacing
from tunesmith.kinds import Examples
from tunesmith.recipes.training.options import PLAIN, RunOptions
from tunesmith.results.summary import Stage


@dataclass(frozen=True)
class RecipeRun:
    """What a training run did.

    Parameters
    ----------
    seconds
        Wall time of the run, loading and saving the model included.
    epochs
        Passes over the texts that were done; not whole where the time ran out.
    steps
        Weight updates that were done.
    losses
        The mean loss of each epoch that was begun.
    stopped_early
        Whether the deadline came, or patience ran out, before all epochs were done.
    scores
        After how many steps what the weights scored on validation, those that training began with
        (0) first; empty where nothing scored them.
    best_step
        After how many steps the weights that were written scored best: 0 where those that training
        began with were never surpassed. None where nothing scored them.
    stages
        What came before, where a recipe has several stages.
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
        """Whether what was written are the weights that training began with."""
        return self.steps == 0 or self.best_step == 0


class Recipe(Protocol):
    """Trains the weights of a sentence-transformers folder on texts and labels."""

    def work(self, n_texts: int) -> int:
        """Return how many texts :meth:`run` reports to its progress callback."""
        ...

    def estimate(self, token_lengths: ArrayLike, rate: float, *, layers: int) -> float:
        """Return the seconds that :meth:`run` should take."""
        ...

    def run(
        self,
        folder: Path,
        texts: Sequence[str],
        labels: ArrayLike,
        out: Path,
        *,
        progress: Callable[[int], None] | None = None,
        deadline: float | None = None,
        seed: int | None = None,
        options: RunOptions = PLAIN,
    ) -> RecipeRun:
        """Train the model of ``folder`` and write it to ``out``."""
        ...


class ExamplesRecipe(Protocol):
    """Trains the weights of a folder on examples of a kind."""

    @property
    def epochs(self) -> int:
        """Passes over the rows."""
        ...

    def work(self, n_rows: int) -> int:
        """Return how many rows :meth:`run` reports to its progress callback."""
        ...

    def cost(self, examples: Examples, mean_tokens: float, layers: int) -> float:
        """Return what a run costs in tokens that go through the whole model once."""
        ...

    def run(
        self,
        folder: Path,
        examples: Examples,
        out: Path,
        *,
        progress: Callable[[int], None] | None = None,
        deadline: float | None = None,
        options: RunOptions = PLAIN,
    ) -> RecipeRun:
        """Train the model of ``folder`` and write it to ``out``."""
        ...


BACKWARD_COST = 3.9
"""What a text costs that is learned from, where reading it costs 1: a backward pass is twice a
forward one, padding and the optimizer add a third."""
_STEPS_TO_TELL = 5  # the first are slower than all others


class StepClock:
    """Counts steps, and cuts the planned number to what a deadline allows.

    The plan is only ever shortened, and only when the mean time of the steps so far says that
    it will not fit: a run with time to spare does not depend on how fast the machine is.

    Parameters
    ----------
    deadline
        The value of :func:`time.monotonic` at which to stop, or None.

    Examples
    --------
    >>> clock = StepClock(deadline=None)
    >>> clock.begin(planned=2)
    >>> clock.tick()
    >>> clock.done, clock.progress
    (False, 0.5)
    """

    def __init__(self, deadline: float | None) -> None:
        self.planned = self.steps = self._limit = self._before = 0
        self._deadline = deadline
        self._start = time.monotonic()

    def begin(self, planned: int, done: int = 0) -> None:
        """Plan this number of steps, from now on; some may have been done by an earlier run."""
        self.planned = self._limit = planned
        self.steps = self._before = done
        self._start = time.monotonic()

    @property
    def done(self) -> bool:
        """Whether no further step should be begun."""
        return self.steps >= self._limit or self.late

    @property
    def late(self) -> bool:
        """Whether the deadline has passed."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    @property
    def progress(self) -> float:
        """How much of the (possibly shortened) plan is done, 0 to 1."""
        return min(1.0, self.steps / max(self._limit, 1))

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Leave what the block does out of the time that a step takes: it is no step."""
        begun = time.monotonic()
        yield
        self._start += time.monotonic() - begun

    def tick(self) -> None:
        """Count one step, and shorten the plan if the rest of it no longer fits."""
        self.steps += 1
        if self._deadline is None or self.steps - self._before < _STEPS_TO_TELL:
            return
        now = time.monotonic()
        step_time = max((now - self._start) / (self.steps - self._before), 1e-9)
        affordable = self.steps + int(max(self._deadline - now, 0.0) / step_time)
        self._limit = min(self._limit, affordable)


def after_share(share: float, deadline: float | None) -> float | None:
    """Return when a share of the time up to a deadline will have passed; None where there is none.

    Examples
    --------
    >>> after_share(0.5, None) is None
    True
    """
    if deadline is None:
        return None
    now = time.monotonic()
    return now + share * (deadline - now)


def linear_warmup_decay(progress: float, warmup_ratio: float) -> float:
    """Return the factor of the learning rate: a linear rise, then a linear fall to zero.

    Parameters
    ----------
    progress
        How much of the training is done, 0 to 1.
    warmup_ratio
        The share of the training in which the rate rises.

    Examples
    --------
    >>> [round(linear_warmup_decay(part, 0.1), 2) for part in (0.05, 0.1, 0.55, 1.0)]
    [0.5, 1.0, 0.5, 0.0]
    """
    if progress < warmup_ratio:
        return progress / warmup_ratio
    return (1.0 - progress) / max(1.0 - warmup_ratio, 1e-9)


def require_free(out: Path) -> None:
    """Raise :class:`~tunesmith.errors.OutputError` where something lies at ``out`` already."""
    if out.exists():
        raise OutputError(f"{out} is there already: choose another folder or remove it")


def save_model(model: Any, out: Path) -> None:
    """Write a SentenceTransformer to a folder, whole or not at all.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    with replacing(out) as aside, no_progress_bars():
        model.save_pretrained(str(aside), create_model_card=False)
