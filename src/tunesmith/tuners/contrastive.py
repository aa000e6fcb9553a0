"""The contrastive tuner: a linear map that pulls rows of a class together and separates classes."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from tunesmith.tuners import networks
from tunesmith.tuners.base import Checked
from tunesmith.tuners.checks import require_counts, require_positive
from tunesmith.tuners.gradient import GradientTuner
from tunesmith.tuners.networks.history import TrainingState
from tunesmith.tuners.networks.scaling import Scaling, principal_directions
from tunesmith.tuners.targets import ClassWeight, KnownLabels
from tunesmith.vectors.layers import Layer

if TYPE_CHECKING:
    import torch

    from tunesmith.tuners.networks.contrastive import ContrastiveNetwork


class ContrastiveTuner(GradientTuner):
    r"""Trains a linear map so that rows of a class are nearer to each other than to other rows.

    It is initialised with the principal directions of X, so the initial map loses as little
    variance as possible. Rows are embedded once per step, and all pairs of the batch are used.
    With cosine similarity s, temperature t, and the mean over the batch's rows of other classes, a
    pair (i, p) of one class has the loss

    .. math:: \log \Bigl(1 + n_{neg} \, \frac{\mathrm{mean}_n e^{s_{in} / t}}{e^{s_{ip} / t}}\Bigr)

    which is the softmax loss against ``n_neg`` average negatives (van den
    Oord et al. 2018, https://arxiv.org/abs/1807.03748; all pairs of a batch as in Khosla et al.
    2020, https://arxiv.org/abs/2004.11362).

    Parameters
    ----------
    hidden_dim
        Output dimension; None keeps that of X.
    n_neg
        Number of negatives per positive.
    epochs
        Number of passes over the rows.
    learning_rate
        Learning rate of Adam; it falls to zero over the epochs.
    batch_size
        Rows per step.
    temperature
        Temperature t of the loss: lower values give the nearest negatives more weight.
    class_weight
        Class weights: None for equal weights of rows, ``"balanced"`` for equal weights of classes,
        or a mapping from class to weight.
    early_stopping
        Whether to hold rows out, stop when their loss no longer falls, and keep the best weights
        on them.
    validation_fraction
        Share of the rows to hold out.
    patience
        With early stopping: number of epochs without improvement after which training stops.
    warm_start
        Whether another call of ``fit`` continues from the current weights.
    random_state
        Random seed for batches.
    device
        Device: ``"cpu"`` (the default), ``"cuda"`` or ``"mps"``.
    verbose
        Whether to show a progress bar if standard error is a terminal.

    Attributes
    ----------
    classes_ : ndarray
        Class labels; column indices for multi-label data.
    weight_, bias_ : ndarray of float32
        Linear map, shapes (hidden_dim, d) and (hidden_dim,).
    history_ : tuple of Epoch
        Loss of each epoch.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    >>> ContrastiveTuner(hidden_dim=4, random_state=0).fit(X, [0, 1] * 20).transform(X).shape
    (40, 4)
    """

    def __init__(  # noqa: PLR0913 - an estimator takes its settings one by one
        self,
        hidden_dim: int | None = 50,
        n_neg: int = 3,
        epochs: int = 20,
        learning_rate: float = 0.001,
        *,
        batch_size: int = 128,
        temperature: float = 0.1,
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
        self.n_neg = n_neg
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.temperature = temperature
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.random_state = random_state
        self.device = device
        self.verbose = verbose

    def as_layers(self) -> tuple[Layer, ...]:
        """Return the map as one layer without activation."""
        check_is_fitted(self)
        return (Layer(self.weight_, self.bias_, "identity"),)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        require_counts(self, "epochs")
        require_positive(self, "n_neg")
        if self.hidden_dim is not None:
            require_counts(self, "hidden_dim")
        # Below it, the exponential of a similarity of 1 overflows float32.
        if not self.temperature >= 0.02:
            raise ValueError(f"temperature is {self.temperature}: choose 0.02 or more")

    def _require_contrast(self, labels: KnownLabels) -> None:
        if not labels.multilabel and np.bincount(labels.values).max() < 2:
            raise ValueError("no two rows of y share a label: add rows, or use LinearTuner")

    def _epochs(self) -> int:
        return self.epochs

    def _start(self, checked: Checked, random: np.random.RandomState) -> TrainingState:
        scaling = Scaling.of(checked.vectors)
        width = self.hidden_dim or checked.vectors.shape[1]
        weight = principal_directions(scaling.apply(checked.vectors), width, random)
        bias = np.zeros(width, dtype=np.float32)
        return TrainingState((scaling,), {"map.weight": weight, "map.bias": bias})

    def _network(
        self, state: TrainingState, device: "torch.device", seed: int
    ) -> "ContrastiveNetwork":
        contrast = networks.Contrast(self.n_neg, self.temperature)
        return networks.ContrastiveNetwork(state, device, seed, contrast)

    def _learnt(self) -> None:
        (state,) = self._states
        weight, bias = state.parameters["map.weight"], state.parameters["map.bias"]
        self.weight_, self.bias_ = state.scalings[0].unscale(weight, bias)

    def _stream_classes(self, y: ArrayLike, classes: ArrayLike | None, first: bool) -> Any:
        return self._growing_classes(y, classes, first=first)
