"""The upper layers of an encoder under training: texts in, vectors out, one update a step."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tunesmith.encoders.forward import without_bars
from tunesmith.errors import TunesmithError
from tunesmith.recipes.base import RecipeRun, StepClock, warm_up_then_decay
from tunesmith.recipes.batches import length_buckets
from tunesmith.recipes.trunk import HiddenStates, Trunk

Progress = Callable[[int], None]
Planned = TypeVar("Planned")
_BUCKETS = 4


@dataclass(frozen=True)
class Optimizing:
    """How weights are updated: AdamW, the rate rising and then falling to zero.

    Parameters
    ----------
    learning_rate
        The highest rate.
    weight_decay, warm_up
        AdamW's decay, and the share of the steps in which the rate rises.
    clip
        The largest norm of the gradient.
    """

    learning_rate: float
    weight_decay: float = 0.01
    warm_up: float = 0.1
    clip: float = 1.0


class TextTraining:
    """The weights of an encoder, and the texts that they are trained on.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    texts
        Distinct texts; a text is named by its position among them.
    train_layers
        How many upper layers are trained; None for all. The embedding table never is.
    optimizing
        How.
    clock
        Counts the steps.

    Raises
    ------
    ModelError
        The model's layers cannot be split.
    """

    def __init__(
        self,
        folder: Path,
        texts: list[str],
        train_layers: int | None,
        optimizing: Optimizing,
        clock: StepClock,
    ) -> None:
        self.texts, self.clock = texts, clock
        self.trunk = Trunk(_load(folder), train_layers)
        self._parameters = self.trunk.parameters()
        self._optimizing = optimizing
        self._optimizer = torch.optim.AdamW(
            self._parameters,
            optimizing.learning_rate,
            weight_decay=optimizing.weight_decay,
            fused=True,
        )
        self._speeds = [1.0]
        self._lengths = self.trunk.token_lengths(texts)
        self._hidden: HiddenStates | None = None
        self.losses: list[list[float]] = []

    def prepare(self, progress: Progress | None) -> None:
        """Run the frozen layers over all texts, where there are any."""
        if not self.trunk.frozen:
            return
        by_length = np.argsort(self._lengths, kind="stable")
        sample = by_length[:: max(1, len(self.texts) // 4)]
        self.trunk.verify([self.texts[row] for row in sample])
        self._hidden = self.trunk.run(
            self.texts, self._lengths, progress=progress, stop=lambda: self.clock.late
        )

    def add(self, parameters: Iterable[nn.Parameter], *, speed: float = 1.0) -> None:
        """Train these too, which belong to a loss: without decay, at ``speed`` times the rate."""
        self._optimizer.add_param_group({"params": list(parameters), "weight_decay": 0.0})
        self._speeds.append(speed)

    def vectors(self, rows: NDArray[np.int64]) -> Tensor:
        """Return the vectors of texts, shape (rows, d), as the model gives them.

        They are encoded in buckets of similar length, for a text costs as much as the longest
        that it is padded to.
        """
        buckets = length_buckets(self._lengths[rows], _BUCKETS)
        parts = [self._encode(rows[bucket]) for bucket in buckets]
        order = np.concatenate(buckets)
        return torch.cat(parts)[torch.from_numpy(np.argsort(order))]

    def update(self, loss: Tensor) -> float:
        """Update the weights once, and return the loss.

        Raises
        ------
        TunesmithError
            The loss or its gradient is no finite number.
        """
        self._set_rates()
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = float(nn.utils.clip_grad_norm_(self._parameters, self._optimizing.clip))
        value = float(loss.detach())
        if not np.isfinite([value, norm]).all():
            raise TunesmithError(
                f"training broke down in step {self.clock.steps + 1} (loss {value:.3g}, gradient "
                f"{norm:.3g}): choose a lower learning rate; nothing was written"
            )
        self._optimizer.step()
        return value

    def epochs(
        self,
        plan: Sequence[Sequence[Planned]],
        step: Callable[[Planned], float],
        size: Callable[[Planned], int],
        progress: Progress | None,
    ) -> None:
        """Take the planned steps, epoch after epoch, as far as the clock allows.

        Parameters
        ----------
        plan
            The batches of each epoch.
        step
            Updates the weights once and returns the loss.
        size
            Of a batch, which is told to ``progress``.
        """
        self.clock.begin(sum(map(len, plan)))
        for batches in plan:
            self.losses.append([])
            for batch in batches:
                if self.clock.done:
                    break
                self.losses[-1].append(step(batch))
                if progress is not None:
                    progress(size(batch))
                self.clock.tick()
        self.trunk.model.eval()

    def report(self, seconds: float, epochs: int) -> RecipeRun:
        """Return what was done of ``epochs``."""
        return RecipeRun(
            seconds=seconds,
            epochs=epochs * self.clock.steps / self.clock.planned,
            steps=self.clock.steps,
            losses=tuple(float(np.mean(losses)) for losses in self.losses if losses),
            stopped_early=self.clock.steps < self.clock.planned,
        )

    def _encode(self, rows: NDArray[np.int64]) -> Tensor:
        features = self.trunk.features([self.texts[row] for row in rows])
        return self.trunk.upper(features, None if self._hidden is None else self._hidden.of(rows))

    def _set_rates(self) -> None:
        factor = warm_up_then_decay(self.clock.progress, self._optimizing.warm_up)
        for group, speed in zip(self._optimizer.param_groups, self._speeds, strict=True):
            group["lr"] = speed * factor * self._optimizing.learning_rate


def _load(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    with without_bars():
        return SentenceTransformer(str(folder), local_files_only=True).float()
