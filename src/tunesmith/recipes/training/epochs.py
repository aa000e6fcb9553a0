"""The training loop: epochs with resuming, validation and checkpoints."""

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
_CHECKPOINTS = 20
_LOSSES = "losses"


class Epochs:
    """Runs the planned steps until the time limit or early stopping.

    Parameters
    ----------
    weights
        Weights to train, including those of the loss.
    generator
        Random generator of the steps, after the batches have been planned.
    options
        Validation, and how often to write a checkpoint.
    checkpoint
        Checkpoint file; None writes no checkpoints.
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
        self._saved_at = time.monotonic()
        self._sizes: list[int] = []
        self._losses: list[float] = []
        self._validation = _make_validation(weights, options)

    def run(
        self,
        plan: Sequence[Sequence[Planned]],
        step: Callable[[Planned], float],
        size: Callable[[Planned], int],
        progress: Progress | None,
    ) -> None:
        """Run the steps that an earlier run has not done; keep the best weights, or the last.

        Parameters
        ----------
        plan
            Batches of each epoch.
        step
            Function that updates the weights once and returns the loss.
        size
            Function that returns the size of a batch, to report to ``progress``.

        Raises
        ------
        DamagedModel
            The checkpoint does not match the model.
        TrainingFailed
            A score is not finite.
        """
        self._sizes = [len(batches) for batches in plan]
        batches = [batch for epoch in plan for batch in epoch]
        report_progress = progress or (lambda _: None)
        done = self._resume()
        self._weights.clock.begin(len(batches), done)
        for batch in batches[:done]:
            report_progress(size(batch))
        if not done:
            self._evaluate()
        for batch in batches[done:]:
            if self._finished:
                break
            with threads_for(self._weights.work(size(batch))):
                self._losses.append(step(batch))
            self._end_if_stopped()
            report_progress(size(batch))
            self._after_step()
        self._end()

    def report(self, seconds: float) -> RecipeRun:
        """Return a summary of the run."""
        clock, ends = self._weights.clock, np.cumsum(self._sizes)[:-1]
        of_epochs = np.split(np.array(self._losses), ends)
        return RecipeRun(
            seconds=seconds,
            epochs=len(self._sizes) * clock.steps / clock.planned,
            steps=clock.steps,
            losses=tuple(float(losses.mean()) for losses in of_epochs if len(losses)),
            stopped_early=clock.steps < clock.planned,
            scores=tuple(self._validation.scores) if self._validation else (),
            best_step=self._validation.best_step if self._validation else None,
        )

    @property
    def _finished(self) -> bool:
        return self._weights.clock.done or (
            self._validation is not None and self._validation.should_stop
        )

    def _after_step(self) -> None:
        self._weights.clock.tick()
        steps = self._weights.clock.steps
        if steps in scored_steps(self._sizes, self._evals_per_epoch):
            self._evaluate()
        planned = sum(self._sizes)
        due = steps % max(planned // _CHECKPOINTS, 1) == 0 or steps in np.cumsum(self._sizes)
        recent = time.monotonic() < self._saved_at + self._seconds
        if due and steps < planned and not recent:
            with self._weights.clock.paused():
                self._save_checkpoint()

    def _end_if_stopped(self) -> None:
        if self._weights.clock.stop.requested:
            self._save_checkpoint()
            self._weights.clock.stop.check()

    def _evaluate(self) -> None:
        if self._validation is not None:
            with self._weights.clock.paused():
                self._validation.evaluate()

    def _end(self) -> None:
        """Put the best weights, or the last without validation, into the model."""
        self._evaluate()
        self._weights.model.eval()
        if self._validation is not None:
            self._validation.restore_best()

    def _save_checkpoint(self) -> None:
        if self._checkpoint is None:
            return
        arrays = {**self._weights.arrays(), _LOSSES: np.array(self._losses)}
        record: dict[str, Any] = {"generator": self._generator.bit_generator.state, "scores": []}
        if self._validation is not None:
            arrays |= self._validation.arrays()
            record["scores"] = self._validation.scores
        self._checkpoint.write(State(arrays, record))
        self._saved_at = time.monotonic()

    def _resume(self) -> int:
        """Load the checkpoint, if any, and return the number of steps it has done."""
        state = self._checkpoint.read() if self._checkpoint is not None else None
        if state is None or self._checkpoint is None:
            return 0
        try:
            self._weights.go_on(state.arrays)
            self._losses = state.arrays[_LOSSES].tolist()
            self._generator.bit_generator.state = state.record["generator"]
            if self._validation is not None:
                self._validation.go_on(state.record["scores"], state.arrays)
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise damaged(self._checkpoint.path, error) from error
        return len(self._losses)


def _make_validation(weights: Weights, options: RunOptions) -> Validation | None:
    if options.score is None:
        return None
    return Validation(
        weights, options.score, options.patience, fallback_to_base=options.fallback_to_base
    )
