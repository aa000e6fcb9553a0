"""The feed-forward tuner: small networks whose hidden layers are the embedding."""

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from tunesmith.encoders.attach import Activation, Layer
from tunesmith.tuners.base import KnownLabels, Tuner

_ACTIVATIONS = {
    "identity": lambda sums: sums,
    "relu": torch.relu,
    "tanh": torch.tanh,
    "gelu": torch.nn.functional.gelu,
}


class FeedForwardTuner(ClassifierMixin, Tuner):
    """Trains input → hidden → classes by cross-entropy and embeds with the hidden layer.

    With several labels a row, each has a binary cross-entropy of its own, over the rows in which
    it is known. Training stops when the loss no longer falls. Several networks, trained apart, can
    stand side by side: their hidden layers make one embedding, their logits are averaged.

    Parameters
    ----------
    hidden_dim
        Width of a network's hidden layer; the embedding has ``n_networks * hidden_dim``.
    n_epochs
        The most passes over the rows.
    learning_rate
        Of AdamW; a tenth of it once the loss stands still for the first time.
    batch_size
        Rows in a step.
    activation
        Of the hidden layer: ``"identity"``, ``"relu"``, ``"tanh"`` or ``"gelu"``.
    weight_decay
        Draws the weights to zero (AdamW).
    dropout
        The share of the hidden layer that is silenced in each training step.
    noise
        Standard deviation of the Gaussian noise added to the inputs in each training step, as a
        share of the inputs' own root mean square.
    label_smoothing
        The share of each target that is spread over all classes; single labels only.
    n_networks
        Networks trained from different first weights and batches.
    patience
        The loss stands still when for so many epochs it has fallen by less than a hundredth, or
        by less than 0.001; the second time, training stops.
    random_state
        Seed of the first weights and of the batches.

    Attributes
    ----------
    classes_ : ndarray
        The labels in the order of ``predict_proba``; numbers of columns for several labels.
    layers_ : tuple of Layer
        Hidden and output layer.
    losses_ : tuple of float
        The mean loss of each epoch, one network after the other.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.repeat(np.eye(2, dtype=np.float32), 10, axis=0)
    >>> tuner = FeedForwardTuner(hidden_dim=4, random_state=0).fit(X, [0] * 10 + [1] * 10)
    >>> tuner.transform(X).shape, tuner.predict(X[:1])
    ((20, 4), array([0]))
    """

    def __init__(  # noqa: PLR0913 -- an estimator takes its settings one by one
        self,
        hidden_dim: int = 50,
        n_epochs: int = 500,
        learning_rate: float = 0.01,
        batch_size: int = 32,
        *,
        activation: Activation = "tanh",
        weight_decay: float = 0.1,
        dropout: float = 0.0,
        noise: float = 0.0,
        label_smoothing: float = 0.0,
        n_networks: int = 1,
        patience: int = 3,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_dim = hidden_dim
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.activation = activation
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.noise = noise
        self.label_smoothing = label_smoothing
        self.n_networks = n_networks
        self.patience = patience
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train the network.

        Parameters
        ----------
        X
            Vectors, shape (n, d).
        y
            Labels, shape (n,); or 1, 0 and NaN for unknown, shape (n, labels).

        Raises
        ------
        ValueError
            If X holds NaN, y has a single class, or a parameter is out of range.
        """
        self._check_parameters()
        checked = self._check(X, y, np.float32)
        self.classes_ = checked.targets.classes
        self._multilabel = checked.targets.multilabel
        seeds = check_random_state(self.random_state).randint(2**31, size=self.n_networks)
        width = checked.vectors.shape[1]
        networks = [_Network(self, width, len(self.classes_), int(seed)) for seed in seeds]
        trainings = (self._train(network, checked.vectors, checked.targets) for network in networks)
        self.losses_ = tuple(loss for training in trainings for loss in training)
        self.n_iter_ = len(self.losses_)
        self.layers_ = _side_by_side([network.layers(self.activation) for network in networks])
        return self

    def as_layers(self) -> tuple[Layer, ...]:
        """Return the hidden layer, of all networks as one."""
        check_is_fitted(self)
        return self.layers_[:1]

    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """Return probabilities, shape (n, classes): of each class, or of each label by itself."""
        check_is_fitted(self)
        logits = validate_data(self, X, reset=False, dtype=np.float32)
        for layer in self.layers_:
            logits = layer.apply(logits)
        return np.asarray(expit(logits) if self._multilabel else softmax(logits, axis=1))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the likeliest class of each row, shape (n,); or 1 and 0, shape (n, labels)."""
        probabilities = self.predict_proba(X)
        if self._multilabel:
            return (probabilities > 0.5).astype(np.int64)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])

    def _check_parameters(self) -> None:
        for name in ("hidden_dim", "n_epochs", "batch_size", "n_networks", "patience"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: choose 1 or more")
        if self.learning_rate <= 0:
            raise ValueError(f"learning_rate is {self.learning_rate}: choose more than 0")
        for name in ("dropout", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: choose from 0 to below 1")
        if self.noise < 0:
            raise ValueError(f"noise is {self.noise}: choose 0 or more")
        if self.activation not in _ACTIVATIONS:
            raise ValueError(
                f"activation is {self.activation!r}: choose one of {', '.join(_ACTIVATIONS)}"
            )

    def _train(
        self, network: "_Network", vectors: NDArray[np.float32], targets: KnownLabels
    ) -> Iterator[float]:
        """Train, and yield the mean loss of each epoch."""
        known = torch.from_numpy(targets.known)
        goal = known if targets.multilabel else known.argmax(dim=1)
        data = torch.from_numpy(np.ascontiguousarray(vectors))
        network.scale_to(data[known.isfinite().any(dim=1)])
        plateau = _Plateau(self.patience)
        for _ in range(self.n_epochs):
            loss = network.epoch(data, goal, self.batch_size)
            yield loss
            if plateau.reached(loss):
                if network.slowed:
                    return
                network.slow_down()


def _side_by_side(networks: Sequence[tuple[Layer, ...]]) -> tuple[Layer, Layer]:
    """Return one network with the hidden units of all, and the mean of their logits."""
    hidden, output = zip(*networks, strict=True)
    wide = Layer(
        np.concatenate([layer.weight for layer in hidden]),
        np.concatenate([layer.bias for layer in hidden]),
        hidden[0].activation,
    )
    share = np.float32(1 / len(networks))
    weight = share * np.concatenate([layer.weight for layer in output], axis=1)
    return wide, Layer(weight, share * sum(layer.bias for layer in output), "identity")


class _Plateau:
    """Tells when a loss has stood still."""

    def __init__(self, patience: int) -> None:
        self._patience, self._best, self._still = patience, np.inf, 0

    def reached(self, loss: float) -> bool:
        """Note the next loss; say whether it has stood still, and begin anew if so."""
        fell = loss < min(0.99 * self._best, self._best - 0.001)
        self._best = min(self._best, loss)
        self._still = 0 if fell else self._still + 1
        if self._still < self._patience:
            return False
        self._still = 0
        return True


class _Network:
    """The weights, and how they learn; no module and no loader, for the steps are tiny."""

    def __init__(self, settings: FeedForwardTuner, width: int, classes: int, seed: int) -> None:
        self.slowed = False
        self.settings = settings
        self.scale = 1.0
        self.random = torch.Generator().manual_seed(seed)
        self.activation = _ACTIVATIONS[settings.activation]
        sizes = [(settings.hidden_dim, width), (classes, settings.hidden_dim)]
        self.weights = [self._uniform((out, inner), inner) for out, inner in sizes]
        self.biases = [self._uniform((out,), inner) for out, inner in sizes]
        self.optimizer = torch.optim.AdamW(
            [*self.weights, *self.biases],
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        )

    def scale_to(self, data: Tensor) -> None:
        """Let the inputs have a root mean square of 1, so that their units do not matter."""
        self.scale = 1.0 / max(float(data.square().mean().sqrt()), 1e-12)

    def epoch(self, data: Tensor, goal: Tensor, batch_size: int) -> float:
        """Pass once over the rows in random order; return their mean loss."""
        total = 0.0
        order = torch.randperm(len(data), generator=self.random)
        for rows in torch.split(order, batch_size):
            logits = self._logits(self._noisy(data[rows] * self.scale))
            loss = _loss(logits, goal[rows], self.settings.label_smoothing)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            total += float(loss.detach()) * len(rows)
        return total / len(data)

    def slow_down(self) -> None:
        """Learn at a tenth of the rate from now on."""
        self.slowed = True
        for group in self.optimizer.param_groups:
            group["lr"] *= 0.1

    def layers(self, activation: Activation) -> tuple[Layer, ...]:
        """Return the two layers as arrays."""
        hidden, output = (weight.detach().numpy().copy() for weight in self.weights)
        first, second = (bias.detach().numpy().copy() for bias in self.biases)
        scaled = hidden * np.float32(self.scale)
        return Layer(scaled, first, activation), Layer(output, second, "identity")

    def _noisy(self, data: Tensor) -> Tensor:
        if not self.settings.noise:
            return data
        return data + self.settings.noise * torch.randn(data.shape, generator=self.random)

    def _logits(self, data: Tensor) -> Tensor:
        hidden = self.activation(torch.addmm(self.biases[0], data, self.weights[0].T))
        kept = 1 - self.settings.dropout
        if kept < 1:
            hidden = hidden * torch.bernoulli(
                torch.full_like(hidden, kept), generator=self.random
            ).div_(kept)
        return torch.addmm(self.biases[1], hidden, self.weights[1].T)

    def _uniform(self, shape: tuple[int, ...], inputs: int) -> Tensor:
        limit = inputs**-0.5
        values = torch.empty(shape).uniform_(-limit, limit, generator=self.random)
        return values.requires_grad_()


def _loss(logits: Tensor, goal: Tensor, label_smoothing: float) -> Tensor:
    """Cross-entropy for class numbers; for a matrix, binary cross-entropy where it is known."""
    if goal.ndim == 1:
        return torch.nn.functional.cross_entropy(logits, goal, label_smoothing=label_smoothing)
    known = torch.isfinite(goal)
    losses = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, goal.nan_to_num(0.0), reduction="none"
    )
    return (losses * known).sum() / known.sum().clamp(min=1)
