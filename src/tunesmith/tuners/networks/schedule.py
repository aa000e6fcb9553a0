"""Learning-rate schedules and stopping criteria."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tunesmith.tuners.networks.history import Epoch


class Schedule(Protocol):
    """A learning-rate schedule and stopping criterion."""

    def factor(self, epochs: float) -> float:
        """Return the factor of the learning rate after ``epochs`` epochs."""
        ...

    def ends_after(self, epoch: Epoch) -> bool:
        """Record an epoch, and return whether training should stop."""
        ...


@dataclass
class Plateau:
    """Reduces the rate to a tenth at the first plateau of the loss, and stops at the second.

    A plateau is ``patience`` epochs in which the loss has fallen by less than 1%, or by less than
    0.001.
    """

    patience: int
    slowed: bool = False
    best: float = np.inf
    stalled_epochs: int = 0

    def factor(self, epochs: float) -> float:  # noqa: ARG002, D102 - the protocol describes it
        return 0.1 if self.slowed else 1.0

    def ends_after(self, epoch: Epoch) -> bool:  # noqa: D102 - the protocol describes it
        improved = epoch.monitored < min(0.99 * self.best, self.best - 0.001)
        self.best = min(self.best, epoch.monitored)
        self.stalled_epochs = 0 if improved else self.stalled_epochs + 1
        if self.stalled_epochs < self.patience:
            return False
        self.stalled_epochs, ends, self.slowed = 0, self.slowed, True
        return ends


@dataclass
class LinearDecay:
    """Decays the rate linearly to zero; stops early if the validation loss does not improve."""

    epochs: int
    patience: int
    best: float = np.inf
    stalled_epochs: int = 0

    def factor(self, epochs: float) -> float:  # noqa: D102 - the protocol describes it
        return 1.0 - epochs / self.epochs

    def ends_after(self, epoch: Epoch) -> bool:  # noqa: D102 - the protocol describes it
        if epoch.validation_loss is None:
            return False
        self.stalled_epochs = 0 if epoch.validation_loss < self.best else self.stalled_epochs + 1
        self.best = min(self.best, epoch.validation_loss)
        return self.stalled_epochs >= self.patience


@dataclass(frozen=True)
class Steady:
    """A constant rate."""

    def factor(self, epochs: float) -> float:  # noqa: ARG002, D102 - the protocol describes it
        return 1.0

    def ends_after(self, epoch: Epoch) -> bool:  # noqa: ARG002, D102 - the protocol describes it
        return False


@dataclass(frozen=True)
class Plan:
    """Training settings.

    Parameters
    ----------
    epochs
        Maximum number of passes over the rows.
    batch_size
        Rows per step.
    learning_rate
        Learning rate of AdamW, before the schedule.
    weight_decay
        Weight decay of AdamW.
    schedule
        Learning-rate schedule and stopping criterion.
    advance
        Called after each epoch with 1.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    schedule: Schedule
    advance: Callable[[int], None]
