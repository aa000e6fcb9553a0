"""The contrastive learner: a linear map whose cosines predict the similarity of pairs."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import svd
from scipy.special import expit
from sklearn.utils.validation import check_is_fitted

from tunesmith.tuners import networks
from tunesmith.tuners.checks import (
    Pairs,
    check_pairs,
    checked_side,
    refuse_balanced,
    require_counts,
)
from tunesmith.tuners.gradient import GradientLearner
from tunesmith.tuners.networks.history import TrainingState
from tunesmith.tuners.networks.scaling import Scaling, completed_directions, principal_directions
from tunesmith.tuners.targets import ClassWeight, KnownLabels
from tunesmith.vectors.layers import Layer, apply_layers
from tunesmith.vectors.similarity import pairwise_similarity

if TYPE_CHECKING:
    import torch

    from tunesmith.tuners.networks.pair import PairNetwork
    from tunesmith.tuners.networks.training import Network, PairRows

# Initially a cosine of 0.5 has probability 0.5. Both parameters have 100 times the learning rate.
_SCALE, _OFFSET, _LOGIT_RATE = 10.0, -5.0, 100.0


class ContrastiveLearner(GradientLearner[Pairs]):
    """Learns a linear map from pairs of vectors and their similarity.

    The similarity of a pair is predicted from the cosine of its two embeddings by a logistic
    function whose scale and offset are learned too. The map is initialised with the principal
    directions of all vectors, so few or small steps change the space little. With a second head
    each side has its own map, which aligns two different spaces (for example images and captions);
    both are initialised with the directions in which similar pairs covary.

    Parameters
    ----------
    shape_out
        Output dimension.
    batch_size
        Pairs per step.
    epochs
        Number of passes over the pairs.
    learning_rate
        Learning rate of Adam; it falls to zero over the epochs. The default is conservative: with
        thousands of pairs, 0.001 and five epochs learn more.
    second_head
        Whether the second side has its own map; its vectors may then have another dimension.
    class_weight
        Weights of similar (1) and dissimilar (0) pairs: None for equal weights of pairs,
        ``"balanced"`` for equal weights of both classes, or a mapping from class to weight.
    early_stopping
        Whether to hold pairs out, stop when their loss no longer falls, and keep the best weights
        on them.
    validation_fraction
        Share of the pairs to hold out.
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
    history_ : tuple of Epoch
        Loss of each epoch.

    Examples
    --------
    >>> import numpy as np
    >>> X1 = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    >>> learner = ContrastiveLearner(shape_out=4, random_state=0).fit(X1, X1[::-1], [0, 1] * 20)
    >>> learner.transform(X1).shape, learner.predict(X1[:3], X1[:3]).round(3)
    ((40, 4), array([1., 1., 1.], dtype=float32))
    """

    def __init__(  # noqa: PLR0913 - an estimator takes its settings one by one
        self,
        shape_out: int = 300,
        batch_size: int = 16,
        epochs: int = 1,
        learning_rate: float = 2e-5,
        *,
        second_head: bool = False,
        class_weight: ClassWeight = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 3,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        device: str | None = None,
        verbose: bool = False,
    ) -> None:
        self.shape_out = shape_out
        self.batch_size = batch_size
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.second_head = second_head
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.random_state = random_state
        self.device = device
        self.verbose = verbose

    def fit(self, X1: ArrayLike, X2: ArrayLike, y: ArrayLike) -> Self:
        """Train on pairs.

        Parameters
        ----------
        X1, X2
            First and second vectors of the pairs, shapes (n, d) and (n, d), or (n, e) for X2 with a
            second head.
        y
            Similarity of each pair, 0 to 1, shape (n,).

        Raises
        ------
        ValueError
            If a value is not finite, a similarity is not from 0 to 1, or the shapes differ.
        """
        self._check_parameters()
        pairs = check_pairs(self, X1, X2, y, one_width=not self.second_head)
        before = self._known_states if self.warm_start else ()
        self._train(pairs, self._check_dimensions(before, pairs))
        return self

    def partial_fit(self, X1: ArrayLike, X2: ArrayLike, y: ArrayLike) -> Self:
        """Continue from the current weights with one pass over these pairs, one or more.

        A sample of earlier pairs is kept in memory, as by
        :class:`~tunesmith.tuners.FeedForwardTuner`. Parameters and errors are those of :meth:`fit`.
        """
        self._check_parameters()
        refuse_balanced(self)
        before = self._known_states
        pairs = check_pairs(self, X1, X2, y, reset=not before, one_width=not self.second_head)
        self._check_dimensions(before, pairs)
        self._pass_over(pairs)
        return self

    def transform_second(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return unit vectors for the second side, float32, shape (n, shape_out)."""
        check_is_fitted(self)
        width = self.second_layers_[0].weight.shape[1]
        vectors = checked_side(X, "X")
        if vectors.shape[1] != width:
            raise ValueError(
                f"X has {vectors.shape[1]} dimensions, but the second side has {width}"
            )
        return apply_layers(self.second_layers_, vectors.astype(np.float32))

    def predict(self, X1: ArrayLike, X2: ArrayLike) -> NDArray[np.float32]:
        """Return the cosine similarity of each pair, float32, shape (n,)."""
        return pairwise_similarity(self.transform(X1), self.transform_second(X2))

    def predict_proba(self, X1: ArrayLike, X2: ArrayLike) -> NDArray[np.float32]:
        """Return the probability that each pair is similar, float32, shape (n,)."""
        logit = self._states[0].learnt
        cosines = self.predict(X1, X2)
        return np.asarray(
            expit(logit["logit.scale"] * cosines + logit["logit.offset"]), dtype=np.float32
        )

    def as_layers(self) -> tuple[Layer, ...]:
        """Return the map of the first side as one layer without activation."""
        check_is_fitted(self)
        return self.layers_

    def _check_parameters(self) -> None:
        super()._check_parameters()
        require_counts(self, "shape_out", "epochs")

    def _check_dimensions(
        self, before: tuple[TrainingState, ...], pairs: Pairs
    ) -> tuple[TrainingState, ...]:
        """Return the current weights after checking that the pairs have the same dimensions."""
        if before:
            widths = [len(scaling.centre) for scaling in before[0].scalings]
            given = [pairs.first.shape[1], pairs.second.shape[1]][: len(widths)]
            if widths != given:
                raise ValueError(
                    f"the current weights expect vectors of dimensions {widths}, but these have "
                    f"{given}: pass vectors from the same encoder, or create a new learner"
                )
        return before

    def _epochs(self) -> int:
        return self.epochs

    def _start(self, pairs: Pairs, random: np.random.RandomState) -> TrainingState:
        logit = {
            "logit.scale": np.array(_SCALE, dtype=np.float32),
            "logit.offset": np.array(_OFFSET, dtype=np.float32),
        }
        if self.second_head:
            return self._two_heads(pairs, random, logit)
        both = np.concatenate([pairs.first, pairs.second])
        scaling = Scaling.of(both)
        first = principal_directions(scaling.apply(both), self.shape_out, random)
        return TrainingState((scaling,), {**_head("first", first), **logit})

    def _two_heads(
        self, pairs: Pairs, random: np.random.RandomState, logit: dict[str, NDArray[np.float32]]
    ) -> TrainingState:
        scalings = Scaling.of(pairs.first), Scaling.of(pairs.second)
        first, second = scalings[0].apply(pairs.first), scalings[1].apply(pairs.second)
        shared = (first * pairs.similarity[:, None]).T @ second
        left, _, right = svd(shared, full_matrices=False)
        count = min(self.shape_out, len(right))
        heads = {
            **_head("first", completed_directions(left.T[:count], self.shape_out, random)),
            **_head("second", completed_directions(right[:count], self.shape_out, random)),
        }
        return TrainingState(scalings, {**heads, **logit})

    def _network(self, state: TrainingState, device: "torch.device", seed: int) -> "PairNetwork":
        rates = {"logit.scale": _LOGIT_RATE, "logit.offset": _LOGIT_RATE}
        return networks.PairNetwork(state, rates, device, seed)

    def _learnt(self) -> None:
        (state,) = self._states
        last = "second" if self.second_head else "first"
        self.layers_ = (_layer(state, "first", state.scalings[0]),)
        self.second_layers_ = (_layer(state, last, state.scalings[-1]),)

    def _stratify(self, pairs: Pairs) -> NDArray[np.int64] | None:
        return np.asarray(pairs.similarity > 0.5, dtype=np.int64)

    def _examples(self, pairs: Pairs, network: "Network[Any]") -> "PairRows":
        import torch  # noqa: PLC0415 - takes seconds

        scalings = network.state.scalings
        labels = KnownLabels(np.arange(2), np.asarray(self._stratify(pairs)))
        columns = (
            scalings[0].apply(pairs.first),
            scalings[-1].apply(pairs.second),
            pairs.similarity,
            labels.weights(self.class_weight),
        )
        return networks.PairRows(
            *(torch.from_numpy(column).to(network.device) for column in columns)
        )


def _head(side: str, directions: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
    bias = np.zeros(len(directions), dtype=np.float32)
    return {f"{side}.weight": directions.astype(np.float32), f"{side}.bias": bias}


def _layer(state: TrainingState, side: str, scaling: Scaling) -> Layer:
    weight, bias = state.learnt[f"{side}.weight"], state.learnt[f"{side}.bias"]
    return Layer(*scaling.unscale(weight, bias))
