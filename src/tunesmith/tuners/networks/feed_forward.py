"""The network of the feed-forward tuner, with hand-written gradients.

A step on 32 rows is a handful of small matrix products; autograd would take longer to record
them than to compute them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from tunesmith.tuners.networks.history import TrainingState
from tunesmith.tuners.networks.training import Network, Rows
from tunesmith.vectors.layers import Activation

HIDDEN, HIDDEN_BIAS, OUTPUT, OUTPUT_BIAS = (
    "hidden.weight",
    "hidden.bias",
    "output.weight",
    "output.bias",
)


@dataclass(frozen=True)
class Curve:
    """An activation, and its derivative given its input and output."""

    value: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor, Tensor], Tensor]


def _gelu_slope(sums: Tensor, values: Tensor) -> Tensor:  # noqa: ARG001 - every slope takes both
    share = 0.5 * (1 + torch.erf(sums / math.sqrt(2)))
    return share + sums * torch.exp(-0.5 * sums.square()) / math.sqrt(2 * math.pi)


CURVES: dict[Activation, Curve] = {
    "identity": Curve(lambda sums: sums, lambda sums, values: torch.ones_like(values)),  # noqa: ARG005 - every slope takes both
    "relu": Curve(torch.relu, lambda sums, values: (values > 0).to(values.dtype)),  # noqa: ARG005 - every slope takes both
    "tanh": Curve(torch.tanh, lambda sums, values: 1 - values * values),  # noqa: ARG005 - every slope takes both
    "gelu": Curve(torch.nn.functional.gelu, _gelu_slope),
}


@dataclass(frozen=True)
class Regularisation:
    """Regularisation parameters; see ``FeedForwardTuner``.

    Examples
    --------
    >>> Regularisation(dropout=0.1, noise=0.4, label_smoothing=0.0).noise
    0.4
    """

    dropout: float
    noise: float
    label_smoothing: float


class FeedForwardNetwork(Network[Rows]):
    """Input → hidden → classes, with cross-entropy for classes or for each known label.

    Examples
    --------
    >>> shapes = {HIDDEN: (4, 2), HIDDEN_BIAS: (4,), OUTPUT: (2, 4), OUTPUT_BIAS: (2,)}
    >>> weights = {name: torch.zeros(shape).numpy() for name, shape in shapes.items()}
    >>> none, cpu = Regularisation(0.0, 0.0, 0.0), torch.device("cpu")
    >>> network = FeedForwardNetwork(TrainingState((), weights), {}, cpu, 0, "tanh", none)
    >>> rows = Rows(torch.eye(2), torch.tensor([0, 1]), torch.ones(2))
    >>> round(network.loss(rows).item(), 3)  # the logarithm of two classes
    0.693
    """

    averages = True

    def __init__(
        self,
        state: TrainingState,
        rates: dict[str, float],
        device: torch.device,
        seed: int,
        activation: Activation,
        regularisation: Regularisation,
    ) -> None:
        super().__init__(state, rates, device, seed)
        self._curve = CURVES[activation]
        self._regularisation = regularisation
        classes = len(self.weights[OUTPUT])
        smoothing = regularisation.label_smoothing
        self._targets = torch.eye(classes, device=device) * (1 - smoothing) + smoothing / classes
        for weight in self.weights.values():
            weight.requires_grad_(False)

    def loss(self, batch: Rows) -> Tensor:
        """Return the mean cross-entropy, without noise or dropout."""
        hidden = self._curve.value(self._sums(batch.vectors))
        return self._loss_and_error(self._logits(hidden), batch)[0]

    @torch.no_grad()
    def backward(self, batch: Rows) -> Tensor:
        """Set the weights' ``grad``, and return the loss."""
        inputs = self._noisy(batch.vectors)
        sums = self._sums(inputs)
        values = self._curve.value(sums)
        mask = self._mask(values)
        kept = values if mask is None else values * mask
        loss, error = self._loss_and_error(self._logits(kept), batch)
        self._set_gradient(OUTPUT, error.T @ kept)
        self._set_gradient(OUTPUT_BIAS, error.sum(dim=0))
        gradient = error @ self.weights[OUTPUT]
        gradient *= self._curve.slope(sums, values)
        if mask is not None:
            gradient *= mask
        self._set_gradient(HIDDEN, gradient.T @ inputs)
        self._set_gradient(HIDDEN_BIAS, gradient.sum(dim=0))
        return loss

    def _set_gradient(self, name: str, gradient: Tensor) -> None:
        self.weights[name].grad = gradient

    def _sums(self, inputs: Tensor) -> Tensor:
        return torch.addmm(self.weights[HIDDEN_BIAS], inputs, self.weights[HIDDEN].T)

    def _logits(self, hidden: Tensor) -> Tensor:
        return torch.addmm(self.weights[OUTPUT_BIAS], hidden, self.weights[OUTPUT].T)

    def _loss_and_error(self, logits: Tensor, batch: Rows) -> tuple[Tensor, Tensor]:
        """Return the mean loss and its gradient with respect to the logits."""
        if batch.goal.ndim == 1:
            return self._class_loss(logits, batch)
        return self._label_loss(logits, batch)

    def _class_loss(self, logits: Tensor, batch: Rows) -> tuple[Tensor, Tensor]:
        targets = self._targets.index_select(0, batch.goal)
        logs = torch.log_softmax(logits, dim=1)
        weights = (batch.weights / len(batch))[:, None]
        error = (logs.exp() - targets) * weights
        return -(targets * logs * weights).sum(), error

    def _label_loss(self, logits: Tensor, batch: Rows) -> tuple[Tensor, Tensor]:
        known = torch.isfinite(batch.goal)
        weights = batch.weights * known / known.sum().clamp(min=1)
        smoothing = self._regularisation.label_smoothing
        targets = batch.goal.nan_to_num(0.0) * (1 - smoothing) + smoothing / 2
        losses = torch.nn.functional.softplus(logits) - targets * logits
        return (losses * weights).sum(), (torch.sigmoid(logits) - targets) * weights

    def _noisy(self, inputs: Tensor) -> Tensor:
        if not self._regularisation.noise:
            return inputs
        noise = torch.empty_like(inputs).normal_(generator=self.random)
        return torch.add(inputs, noise, alpha=self._regularisation.noise)

    def _mask(self, values: Tensor) -> Tensor | None:
        kept = 1 - self._regularisation.dropout
        if kept == 1:
            return None
        # A draw gives four numbers of 16 bits. One draw each would take longer than the products.
        draws = torch.empty(-(-values.numel() // 4), dtype=torch.int64, device=values.device)
        draws.random_(-(2**63), None, generator=self.random)
        numbers = draws.view(torch.int16)[: values.numel()].view_as(values)
        limit = min(round(kept * 2**16) - 2**15, 2**15 - 1)
        return (numbers < limit).to(values.dtype).div_(kept)
