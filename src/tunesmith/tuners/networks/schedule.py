"""How to train: the learning rate over time, and when to stop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tunesmith.tuners.networks.history import Epoch


class Schedule(Protocol):
    """Decides on the learning rate and on the end."""

    def factor(self, epochs: float) -> float:
        """Return by what to multiply the learning rate after so many epochs."""
        ...

    def ends_after(self, epoch: Epoch) -> bool:
        """Note an epoch; say whether it was the last."""
        ...


@dataclass
class Plateau:
    """A tenth of the rate once the loss stands still, and the end when it does so again.

    It stands still when for ``patience`` epochs it has fallen by less than a hundredth, or by less
    than 0.001.
    """

    patience: int
    slowed: bool = False
    best: float = np.inf
    still: int = 0

    def factor(self, epochs: float) -> float:  # noqa: ARG002, D102 - the protocol describes it
        return 0.1 if self.slowed else 1.0

    def ends_after(self, epoch: Epoch) -> bool:  # noqa: D102 - the protocol describes it
        fell = epoch.watched < min(0.99 * self.best, self.best - 0.001)
        self.best = min(self.best, epoch.watched)
        self.still = 0 if fell else self.still + 1
        if self.still < self.patience:
            return False
        self.still, ends, self.slowed = 0, self.slowed, True
        return ends


@dataclass
class LinearDecay:
    """The rate falls to zero over all epochs; where rows are held out, their loss may end it."""

    epochs: int
    patience: int
    best: float = np.inf
    still: int = 0

    def factor(self, epochs: float) -> float:  # noqa: D102 - the protocol describes it
        return 1.0 - epochs / self.epochs

    def ends_after(self, epoch: Epoch) -> bool:  # noqa: D102 - the protocol describes it
        if epoch.validation_loss is None:
            return False
        self.still = 0 if epoch.validation_loss < self.best else self.still + 1
        self.best = min(self.best, epoch.validation_loss)
        return self.still >= self.patience


@dataclass(frozen=True)
class Steady:
    """The same rate throughout."""

    def factor(self, epochs: float) -> float:  # noqa: ARG002, D102 - the protocol describes it
        return 1.0

    def ends_after(self, epoch: Epoch) -> bool:  # noqa: ARG002, D102 - the protocol describes it
        return False


@dataclass(frozen=True)
class Plan:
    """How to train.

    Parameters
    ----------
    epochs
        The most passes over the rows.
    batch_size
        Rows in a step.
    learning_rate
        Of AdamW, before the schedule.
    weight_decay
        Draws the weights to zero (AdamW).
    schedule
        Decides on the rate and on the end.
    advance
        Called after each epoch with 1.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    schedule: Schedule
    advance: Callable[[int], None]
