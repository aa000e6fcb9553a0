"""What training leaves behind: a record of each epoch, and all that is needed to go on."""

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
        The mean training loss of the pass.
    learning_rate
        The rate at its end.
    validation_loss
        The mean loss of the rows held out, after the pass; None without early stopping.
    """

    loss: float
    learning_rate: float
    validation_loss: float | None = None

    @property
    def watched(self) -> float:
        """The loss that decides when to stop."""
        return self.loss if self.validation_loss is None else self.validation_loss


@dataclass(frozen=True, eq=False)
class TrainingState:
    """The weights of a network, and what the optimizer remembers of them.

    Parameters
    ----------
    scalings
        Of the inputs, one for each side.
    parameters
        The weights by name, float32.
    first_moments, second_moments
        Adam's running means of each weight's gradient and of its square; empty before training.
    steps
        The updates so far.
    averages
        The running means of the weights over a stream of parts; empty where none is kept.
    averaged
        The updates in them.
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
        """The weights to use: their running means where there are some."""
        return self.averages or self.parameters
