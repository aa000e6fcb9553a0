"""The contrastive learner: from pairs and their similarity to vectors whose cosine says it."""

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

# A cosine of 0.5 is undecided at the start; both numbers learn a hundred times faster than the map.
_SCALE, _OFFSET, _LOGIT_RATE = 10.0, -5.0, 100.0


class ContrastiveLearner(GradientLearner[Pairs]):
    """Learns a linear map from pairs of vectors and whether they are similar.

    A pair's similarity is read from the cosine of its two embeddings by a logistic curve whose
    place and steepness are learnt too. The map starts with the principal directions of all
    vectors, so with few or small steps the space stays nearly what it was. With a second head
    each side has a map of its own, which brings two different spaces together (vectors of images
    and of their captions): they start where the similar pairs vary together.

    Parameters
    ----------
    shape_out
        Width of the embedding.
    batch_size
        Pairs in a step.
    epochs
        Passes over the pairs.
    learning_rate
        Of Adam; it falls to zero over the epochs. The default is very gentle: 0.001 and five
        epochs learn more from thousands of pairs.
    second_head
        Whether the second side has a map of its own; it may then have another width.
    class_weight
        How much similar (1) and dissimilar (0) pairs count: None for all alike, ``"balanced"``
        for both alike, or a mapping.
    early_stopping
        Hold pairs out, stop when their loss no longer falls, and keep the weights that were best
        on them.
    validation_fraction
        The share of the pairs held out.
    patience
        With early stopping: the epochs in which the loss must fall at least once.
    warm_start
        Go on from the present weights when ``fit`` is called again.
    random_state
        Seed of the batches.
    device
        ``"cpu"`` (the default), ``"cuda"``, ``"mps"``.
    verbose
        Show a progress bar where standard error is a terminal.

    Attributes
    ----------
    history_ : tuple of Epoch
        The loss of each epoch.

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
            The two sides, shapes (n, d) and (n, d); with a second head (n, e).
        y
            The similarity of each pair, 0 to 1, shape (n,).

        Raises
        ------
        ValueError
            If a number is not finite, a similarity is not from 0 to 1, or the shapes differ.
        """
        self._check_parameters()
        pairs = check_pairs(self, X1, X2, y, one_width=not self.second_head)
        before = self._known_states if self.warm_start else ()
        self._train(pairs, self._fitting(before, pairs))
        return self

    def partial_fit(self, X1: ArrayLike, X2: ArrayLike, y: ArrayLike) -> Self:
        """Go on from the present weights with one pass over these pairs, one or more.

        Earlier pairs are remembered as :class:`~tunesmith.tuners.FeedForwardTuner` does with rows.
        Parameters and errors are those of :meth:`fit`.
        """
        self._check_parameters()
        refuse_balanced(self)
        before = self._known_states
        pairs = check_pairs(self, X1, X2, y, reset=not before, one_width=not self.second_head)
        self._fitting(before, pairs)
        self._pass_over(pairs)
        return self

    def transform_second(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return unit vectors of the second side, float32, shape (n, shape_out)."""
        check_is_fitted(self)
        width = self.second_layers_[0].weight.shape[1]
        vectors = checked_side(X, "X")
        if vectors.shape[1] != width:
            raise ValueError(
                f"X has vectors of {vectors.shape[1]} numbers, but the second side has {width}"
            )
        return apply_layers(self.second_layers_, vectors.astype(np.float32))

    def predict(self, X1: ArrayLike, X2: ArrayLike) -> NDArray[np.float32]:
        """Return the cosine of each pair's embeddings, float32, shape (n,)."""
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

    def _fitting(
        self, before: tuple[TrainingState, ...], pairs: Pairs
    ) -> tuple[TrainingState, ...]:
        """Return the earlier weights after a look whether these pairs fit them."""
        if before:
            widths = [len(scaling.centre) for scaling in before[0].scalings]
            found = [pairs.first.shape[1], pairs.second.shape[1]][: len(widths)]
            if widths != found:
                raise ValueError(
                    f"the present weights take vectors of {widths} numbers, these have {found}: "
                    "pass vectors of the same encoder, or make a new learner"
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
    return Layer(*scaling.undone(weight, bias))
