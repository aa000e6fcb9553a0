"""The feed-forward tuner: small networks whose hidden layer is the embedding."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from tunesmith.tuners import networks
from tunesmith.tuners.base import Checked
from tunesmith.tuners.checks import (
    checked_vectors,
    require_at_least,
    require_counts,
    require_one_of,
    require_share,
)
from tunesmith.tuners.gradient import GradientTuner
from tunesmith.tuners.networks.history import TrainingState
from tunesmith.tuners.networks.scaling import Scaling, principal_directions
from tunesmith.tuners.networks.schedule import Plateau, Schedule
from tunesmith.tuners.targets import ClassWeight
from tunesmith.vectors.layers import Activation, Layer

if TYPE_CHECKING:
    import torch

    from tunesmith.tuners.networks.feed_forward import FeedForwardNetwork

Start = Literal["principal", "random"]
# A layer initialised with principal directions needs smaller steps than a random one.
_PRINCIPAL_RATE = 0.3


class FeedForwardTuner(ClassifierMixin, GradientTuner):
    """Trains input → hidden → classes with cross-entropy and embeds with the hidden layer.

    For multi-label data each label has its own binary cross-entropy, over the rows in which it is
    known. Training stops when the loss no longer falls. Several networks can be trained
    independently: their hidden layers are concatenated, and their logits averaged.

    Parameters
    ----------
    hidden_dim
        Width of a network's hidden layer; the embedding has ``n_networks * hidden_dim`` dimensions.
    epochs
        Maximum number of passes over the rows.
    learning_rate
        Learning rate of AdamW; it is reduced to a tenth at the first plateau of the loss.
    batch_size
        Rows per step.
    activation
        Activation of the hidden layer: ``"identity"``, ``"relu"``, ``"tanh"`` or ``"gelu"``.
    start
        Initialisation of the hidden layer: ``"principal"`` for the principal directions of X, with
        a lower learning rate, or ``"random"``.
    weight_decay
        Weight decay of AdamW.
    dropout
        Dropout rate of the hidden layer.
    noise
        Standard deviation of the Gaussian noise added to the inputs in each training step, as a
        fraction of the inputs' root mean square.
    label_smoothing
        Share of each target spread evenly over all classes.
    n_networks
        Number of networks, trained with different initial weights and batches.
    class_weight
        Class weights: None for equal weights of rows, ``"balanced"`` for equal weights of classes,
        or a mapping from class to weight.
    early_stopping
        Whether to hold rows out, monitor their loss instead of the training loss, and keep the best
        weights on them.
    validation_fraction
        Share of the rows to hold out.
    patience
        Number of epochs after which a fall of the loss by less than 1%, or less than 0.001, is a
        plateau; training stops at the second plateau.
    warm_start
        Whether another call of ``fit`` continues from the current weights.
    random_state
        Random seed for initial weights, batches and noise.
    device
        Device: ``"cpu"`` (the default, fastest for small steps), ``"cuda"`` or ``"mps"``.
    verbose
        Whether to show a progress bar if standard error is a terminal.

    Attributes
    ----------
    classes_ : ndarray
        Class labels in the order of ``predict_proba``; column indices for multi-label data.
    layers_ : tuple of Layer
        Hidden and output layers.
    history_ : tuple of Epoch
        Losses of each epoch, one network after another.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.repeat(np.eye(2, dtype=np.float32), 10, axis=0)
    >>> tuner = FeedForwardTuner(hidden_dim=4, random_state=0).fit(X, [0] * 10 + [1] * 10)
    >>> tuner.transform(X).shape, tuner.predict(X[:1])
    ((20, 4), array([0]))
    """

    def __init__(  # noqa: PLR0913 - an estimator takes its settings one by one
        self,
        hidden_dim: int = 50,
        epochs: int = 500,
        learning_rate: float = 0.01,
        batch_size: int = 32,
        *,
        activation: Activation = "tanh",
        start: Start = "principal",
        weight_decay: float = 0.1,
        dropout: float = 0.0,
        noise: float = 0.4,
        label_smoothing: float = 0.1,
        n_networks: int = 1,
        class_weight: ClassWeight = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 3,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        device: str | None = None,
        verbose: bool = False,
    ) -> None:
        self.hidden_dim = hidden_dim
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.activation = activation
        self.start = start
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.noise = noise
        self.label_smoothing = label_smoothing
        self.n_networks = n_networks
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.random_state = random_state
        self.device = device
        self.verbose = verbose

    def as_layers(self) -> tuple[Layer, ...]:
        """Return the concatenated hidden layers of all networks."""
        check_is_fitted(self)
        return self.layers_[:1]

    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """Return the probability of each class, or each label of multi-label data, (n, classes)."""
        check_is_fitted(self)
        logits = checked_vectors(self, X, reset=False, dtype=np.float32)
        for layer in self.layers_:
            logits = layer.apply(logits)
        return np.asarray(expit(logits) if self._multilabel else softmax(logits, axis=1))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of each row, shape (n,); or 1 and 0, shape (n, labels)."""
        probabilities = self.predict_proba(X)
        if self._multilabel:
            return (probabilities > 0.5).astype(np.int64)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])

    def _check_parameters(self) -> None:
        super()._check_parameters()
        require_counts(self, "hidden_dim", "epochs", "n_networks")
        require_at_least(self, 0, "noise", "weight_decay")
        require_share(self, "dropout", "label_smoothing")
        require_one_of(self, "activation", get_args(Activation))
        require_one_of(self, "start", get_args(Start))

    def _epochs(self) -> int:
        return self.epochs

    def _count(self) -> int:
        return self.n_networks

    def _schedule(self) -> Schedule:
        return Plateau(self.patience)

    def _start(self, checked: Checked, random: np.random.RandomState) -> TrainingState:
        scaling = Scaling.of(checked.vectors)
        classes = len(checked.labels.classes)
        weights = {
            "hidden.weight": self._first_layer(scaling.apply(checked.vectors), random),
            "hidden.bias": np.zeros(self.hidden_dim),
            "output.weight": _uniform(random, classes, self.hidden_dim),
            "output.bias": np.zeros(classes),
        }
        return TrainingState(
            (scaling,), {name: values.astype(np.float32) for name, values in weights.items()}
        )

    def _first_layer(
        self, inputs: NDArray[np.float32], random: np.random.RandomState
    ) -> NDArray[Any]:
        if self.start == "random":
            return _uniform(random, self.hidden_dim, inputs.shape[1])
        directions = principal_directions(inputs, self.hidden_dim, random)
        # Pre-activations with a standard deviation of 1 use the nonlinear range of the activation.
        return np.asarray(directions / (float((inputs @ directions.T).std()) or 1.0))

    def _network(
        self, state: TrainingState, device: "torch.device", seed: int
    ) -> "FeedForwardNetwork":
        slow = {"hidden.weight": _PRINCIPAL_RATE, "hidden.bias": _PRINCIPAL_RATE}
        rates = slow if self.start == "principal" else {}
        regularisation = networks.Regularisation(self.dropout, self.noise, self.label_smoothing)
        return networks.FeedForwardNetwork(
            state, rates, device, seed, self.activation, regularisation
        )

    def _learnt(self) -> None:
        trained = [_layers(state, self.activation) for state in self._states]
        self.layers_ = _concatenate(trained)


def _uniform(random: np.random.RandomState, count: int, inputs: int) -> NDArray[np.float64]:
    limit = inputs**-0.5
    return random.uniform(-limit, limit, size=(count, inputs))


def _layers(state: TrainingState, activation: Activation) -> tuple[Layer, Layer]:
    parameters = state.learnt
    weight, bias = state.scalings[0].unscale(parameters["hidden.weight"], parameters["hidden.bias"])
    output = Layer(parameters["output.weight"], parameters["output.bias"])
    return Layer(weight, bias, activation), output


def _concatenate(trained: Sequence[tuple[Layer, ...]]) -> tuple[Layer, Layer]:
    """Return one network with all hidden units, whose logits are the mean of all networks."""
    hidden, output = zip(*trained, strict=True)
    wide = Layer(
        np.concatenate([layer.weight for layer in hidden]),
        np.concatenate([layer.bias for layer in hidden]),
        hidden[0].activation,
    )
    share = np.float32(1 / len(trained))
    weight = share * np.concatenate([layer.weight for layer in output], axis=1)
    return wide, Layer(weight, share * sum(layer.bias for layer in output), "identity")
