"""Weights during training: their updates, and their part of a checkpoint."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tunesmith.encoders.backends.torch_model import multiplications_per_token
from tunesmith.errors import TrainingFailed
from tunesmith.recipes.training.options import Score
from tunesmith.recipes.training.run import StepClock, linear_warmup_decay

_MODEL, _LOSS, _MOMENT, _DICE = "model.", "loss.", "moment.", "dice."


@dataclass(frozen=True)
class Optimizing:
    """Optimizer settings: AdamW with linear warm-up and linear decay to zero.

    Parameters
    ----------
    learning_rate
        Peak learning rate.
    weight_decay, warmup_ratio
        Weight decay of AdamW, and share of steps for learning-rate warm-up.
    max_grad_norm
        Maximum gradient norm.
    """

    learning_rate: float
    weight_decay: float = 0.01
    warmup_ratio: float = 0.1
    max_grad_norm: float = 1.0


class Weights(ABC):
    """The weights of a model, some of which are trained.

    Parameters
    ----------
    model
        Torch module; its parameters that require a gradient are trained.
    parameters
        Parameters to update.
    optimizing
        Optimizer settings.
    clock
        Step counter.
    """

    def __init__(
        self,
        model: Any,
        parameters: list[nn.Parameter],
        optimizing: Optimizing,
        clock: StepClock,
    ) -> None:
        self.model, self.clock = model, clock
        self._parameters, self._optimizing = parameters, optimizing
        self._optimizer = torch.optim.AdamW(
            parameters, optimizing.learning_rate, weight_decay=optimizing.weight_decay, fused=True
        )
        self._speeds = [1.0]
        self._token_work = multiplications_per_token(model)

    row_tokens: float = 32.0
    """The mean number of tokens in a row, roughly."""

    def work(self, rows: int) -> float:
        """Return the multiplications of a step on so many rows, roughly, if all layers learn.

        The backward pass makes twice as many as the forward pass.
        """
        return 3 * rows * self.row_tokens * self._token_work

    @abstractmethod
    def validation_score(self, score: Score) -> float:
        """Return the validation score of the current weights."""

    def add(self, parameters: Iterable[nn.Parameter], *, speed: float = 1.0) -> None:
        """Also train the parameters of a loss, without decay, at ``speed`` times the rate."""
        self._optimizer.add_param_group({"params": list(parameters), "weight_decay": 0.0})
        self._speeds.append(speed)

    def update(self, loss: Tensor) -> float:
        """Update the weights once, and return the loss.

        Raises
        ------
        TrainingFailed
            The loss or its gradient is not finite.
        """
        self._begin_step()
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships no types for it
        return self._end_step(float(loss.detach()))

    def _begin_step(self) -> None:
        self._set_rates()
        self._optimizer.zero_grad(set_to_none=True)

    def _end_step(self, loss: float) -> float:
        norm = float(nn.utils.clip_grad_norm_(self._parameters, self._optimizing.max_grad_norm))
        if not np.isfinite([loss, norm]).all():
            raise TrainingFailed(
                f"training diverged at step {self.clock.steps + 1} (loss {loss:.3g}, gradient norm "
                f"{norm:.3g})",
                hint="choose a lower learning rate; nothing was written",
            )
        self._optimizer.step()
        return loss

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Disable dropout and preserve the random state while the block runs."""
        training = self.model.training
        with torch.random.fork_rng():
            self.model.eval()
            try:
                yield
            finally:
                self.model.train(training)

    def trained(self) -> dict[str, Tensor]:
        """Return the model's trained weights by name, without copying."""
        named = self.model.named_parameters(remove_duplicate=False)
        frozen = {name for name, parameter in named if not parameter.requires_grad}
        weights = self.model.state_dict()
        return {name: weight for name, weight in weights.items() if name not in frozen}

    def put(self, weights: Mapping[str, Tensor]) -> None:
        """Load these weights into the model, one for each name of :meth:`trained`.

        Raises
        ------
        KeyError, ValueError
            A weight is missing or has another shape.
        """
        self.require_fitting(weights)
        with torch.no_grad():
            for name, held in self.trained().items():
                held.copy_(weights[name])

    def require_fitting(self, weights: Mapping[str, Tensor]) -> None:
        """Raise KeyError or ValueError if a weight is missing or has another shape."""
        for name, held in self.trained().items():
            if held.shape != weights[name].shape:
                raise ValueError(f"{name} has the shape {tuple(weights[name].shape)}")

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that training has changed: weights, moments and torch's random state."""
        held = {f"{_MODEL}{name}": weight for name, weight in self.trained().items()}
        held |= {f"{_LOSS}{place}": weight for place, weight in enumerate(self._of_loss())}
        for place, moments in self._optimizer.state_dict()["state"].items():
            held |= {f"{_MOMENT}{place}.{name}": moment for name, moment in moments.items()}
        held |= {f"{_DICE}{name}": dice.get_rng_state() for name, dice in self._dice().items()}
        return {name: tensor.detach().cpu().numpy() for name, tensor in held.items()}

    def go_on(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Resume from the arrays of :meth:`arrays`.

        Raises
        ------
        KeyError, ValueError
            An array is missing or has another shape.
        """
        held = {name: torch.from_numpy(array) for name, array in arrays.items()}
        self.put(_below(_MODEL, held))
        with torch.no_grad():
            for place, weight in enumerate(self._of_loss()):
                weight.copy_(held[f"{_LOSS}{place}"])
        state: dict[int, dict[str, Tensor]] = {}
        for name, moment in _below(_MOMENT, held).items():
            number, _, kind = name.partition(".")
            state.setdefault(int(number), {})[kind] = moment
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": state, "param_groups": groups})
        for name, dice in self._dice().items():
            dice.set_rng_state(held[f"{_DICE}{name}"])

    def _of_loss(self) -> list[Tensor]:
        return [weight for group in self._optimizer.param_groups[1:] for weight in group["params"]]

    def _dice(self) -> dict[str, Any]:
        """Return the torch modules whose random state training uses, by device."""
        device = self.model.device
        here = {} if device.type == "cpu" else {device.type: torch.get_device_module(device)}
        return {"cpu": torch, **here}

    def _set_rates(self) -> None:
        factor = linear_warmup_decay(self.clock.progress, self._optimizing.warmup_ratio)
        for group, speed in zip(self._optimizer.param_groups, self._speeds, strict=True):
            group["lr"] = speed * factor * self._optimizing.learning_rate


def _below(prefix: str, held: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): held[name] for name in held if name.startswith(prefix)}
