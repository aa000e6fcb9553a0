"""The planned steps, epoch after epoch: gone on with, scored, and kept on disk."""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from tunesmith.recipes.training.checkpoint import Checkpoint, State, damaged
from tunesmith.recipes.training.options import RunOptions
from tunesmith.recipes.training.run import RecipeRun
from tunesmith.recipes.training.text_training import Progress
from tunesmith.recipes.training.validation import Validation, scored_steps
from tunesmith.recipes.training.weights import Weights
from tunesmith.threads import threads_for

Planned = TypeVar("Planned")
_STATES = 20
_LOSSES = "losses"


class Epochs:
    """Takes the planned steps as far as the clock and the scores allow.

    Parameters
    ----------
    weights
        What is trained, with whatever the loss adds to it.
    generator
        What the steps draw from, the plan made already.
    options
        What scores the weights, and how often the state is kept.
    checkpoint
        Where the state is kept; None: nowhere.
    """

    def __init__(
        self,
        weights: Weights,
        generator: np.random.Generator,
        options: RunOptions,
        checkpoint: Checkpoint | None,
    ) -> None:
        self._weights, self._generator, self._checkpoint = weights, generator, checkpoint
        self._seconds, self._evals_per_epoch = options.checkpoint_seconds, options.evals_per_epoch
        self._kept_at = time.monotonic()
        self._sizes: list[int] = []
        self._losses: list[float] = []
        self._watch = _watch(weights, options)

    def run(
        self,
        plan: Sequence[Sequence[Planned]],
        step: Callable[[Planned], float],
        size: Callable[[Planned], int],
        progress: Progress | None,
    ) -> None:
        """Take the steps that no earlier run has taken; the best weights stay, or the last.

        Parameters
        ----------
        plan
            The batches of each epoch.
        step
            Updates the weights once and returns the loss.
        size
            Of a batch, which is told to ``progress``.

        Raises
        ------
        DamagedModel
            The state that was kept does not fit.
        TunesmithError
            A score is no finite number.
        """
        self._sizes = [len(batches) for batches in plan]
        batches = [batch for epoch in plan for batch in epoch]
        tell = progress or (lambda _: None)
        done = self._go_on()
        self._weights.clock.begin(len(batches), done)
        for batch in batches[:done]:
            tell(size(batch))
        if not done:
            self._look()
        for batch in batches[done:]:
            if self._over:
                break
            with threads_for(self._weights.work(size(batch))):
                self._losses.append(step(batch))
            tell(size(batch))
            self._after_step()
        self._end()

    def report(self, seconds: float) -> RecipeRun:
        """Return what was done."""
        clock, ends = self._weights.clock, np.cumsum(self._sizes)[:-1]
        of_epochs = np.split(np.array(self._losses), ends)
        return RecipeRun(
            seconds=seconds,
            epochs=len(self._sizes) * clock.steps / clock.planned,
            steps=clock.steps,
            losses=tuple(float(losses.mean()) for losses in of_epochs if len(losses)),
            stopped_early=clock.steps < clock.planned,
            scores=tuple(self._watch.scores) if self._watch else (),
            best_step=self._watch.best_step if self._watch else None,
        )

    @property
    def _over(self) -> bool:
        return self._weights.clock.done or (self._watch is not None and self._watch.over)

    def _after_step(self) -> None:
        self._weights.clock.tick()
        steps = self._weights.clock.steps
        if steps in scored_steps(self._sizes, self._evals_per_epoch):
            self._look()
        planned = sum(self._sizes)
        due = steps % max(planned // _STATES, 1) == 0 or steps in np.cumsum(self._sizes)
        if due and steps < planned:
            with self._weights.clock.aside():
                self._keep()

    def _look(self) -> None:
        if self._watch is not None:
            with self._weights.clock.aside():
                self._watch.look()

    def _end(self) -> None:
        """Leave the best weights, or the last, in the model."""
        self._look()
        self._weights.model.eval()
        if self._watch is not None:
            self._watch.put_back()

    def _keep(self) -> None:
        """Write the state, unless the last one is recent."""
        if self._checkpoint is None or time.monotonic() < self._kept_at + self._seconds:
            return
        arrays = {**self._weights.arrays(), _LOSSES: np.array(self._losses)}
        record: dict[str, Any] = {"generator": self._generator.bit_generator.state, "scores": []}
        if self._watch is not None:
            arrays |= self._watch.arrays()
            record["scores"] = self._watch.scores
        self._checkpoint.write(State(arrays, record))
        self._kept_at = time.monotonic()

    def _go_on(self) -> int:
        """Take up the state that was kept, and return how many steps it has behind it."""
        state = self._checkpoint.read() if self._checkpoint is not None else None
        if state is None or self._checkpoint is None:
            return 0
        try:
            self._weights.go_on(state.arrays)
            self._losses = state.arrays[_LOSSES].tolist()
            self._generator.bit_generator.state = state.record["generator"]
            if self._watch is not None:
                self._watch.go_on(state.record["scores"], state.arrays)
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise damaged(self._checkpoint.path, error) from error
        return len(self._losses)


def _watch(weights: Weights, options: RunOptions) -> Validation | None:
    if options.score is None:
        return None
    return Validation(
        weights, options.score, options.patience, fallback_to_base=options.fallback_to_base
    )
