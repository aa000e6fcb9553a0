"""The record of each epoch, and the state needed to continue training."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tunesmith.tuners.networks.scaling import Scaling


@dataclass(frozen=True)
class Epoch:
    """One pass over the rows.

    Parameters
    ----------
    loss
        Mean training loss of the pass.
    learning_rate
        Learning rate at its end.
    validation_loss
        Mean loss of the held-out rows after the pass; None without early stopping.
    """

    loss: float
    learning_rate: float
    validation_loss: float | None = None

    @property
    def monitored(self) -> float:
        """The loss monitored for early stopping."""
        return self.loss if self.validation_loss is None else self.validation_loss


@dataclass(frozen=True, eq=False)
class TrainingState:
    """The weights of a network and the state of its optimizer.

    Parameters
    ----------
    scalings
        Scaling of the inputs, one per side.
    parameters
        Weights by name, float32.
    first_moments, second_moments
        Adam's running means of gradients and squared gradients; empty before training.
    steps
        Number of updates so far.
    averages
        Running means of the weights in ``partial_fit``; empty if not used.
    averaged
        Number of updates in the running means.
    """

    scalings: tuple[Scaling, ...]
    parameters: Mapping[str, NDArray[np.float32]]
    first_moments: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    second_moments: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    steps: int = 0
    averages: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    averaged: int = 0

    @property
    def learnt(self) -> Mapping[str, NDArray[np.float32]]:
        """The weights to use: their running means if available."""
        return self.averages or self.parameters
