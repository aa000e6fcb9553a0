"""Base classes of gradient-trained tuners: early stopping, warm start, seeds, devices."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from tunesmith.progress import progress_bar
from tunesmith.tuners import networks
from tunesmith.tuners.base import Checked, Tuner, VectorMap
from tunesmith.tuners.checks import Pairs, refuse_balanced, require_counts, require_positive
from tunesmith.tuners.memory import Memory
from tunesmith.tuners.networks.history import Epoch, TrainingState
from tunesmith.tuners.networks.schedule import LinearDecay, Plan, Schedule, Steady
from tunesmith.tuners.targets import ClassWeight, KnownLabels

if TYPE_CHECKING:
    import torch

    from tunesmith.tuners.networks.training import Network, Trainer

C = TypeVar("C", Checked, Pairs)


class GradientLearner(VectorMap, Generic[C]):
    """A map whose weights are learned by gradient descent.

    Attributes
    ----------
    history_ : tuple of Epoch
        Record of each pass over the rows.
    n_iter_ : int
        Number of passes.
    """

    learning_rate: float
    batch_size: int
    weight_decay: float = 0.0
    class_weight: ClassWeight
    early_stopping: bool
    validation_fraction: float
    patience: int
    warm_start: bool
    random_state: int | np.random.RandomState | None
    device: str | None
    verbose: bool
    history_: tuple[Epoch, ...]
    _states: tuple[TrainingState, ...]
    _memory: Memory[C] | None = None

    @abstractmethod
    def _epochs(self) -> int:
        """Return the maximum number of epochs."""

    def _schedule(self) -> Schedule:
        """Return the learning-rate schedule, which also decides when training stops."""
        return LinearDecay(self._epochs(), self.patience)

    def _plan(self, advance: Any, *, steady: bool) -> Plan:
        """Return the training plan; ``steady`` gives a constant rate for ``partial_fit``."""
        return Plan(
            self._epochs(),
            self.batch_size,
            self.learning_rate,
            self.weight_decay,
            Steady() if steady else self._schedule(),
            advance,
        )

    @abstractmethod
    def _start(self, checked: C, random: np.random.RandomState) -> TrainingState:
        """Return initial weights."""

    @abstractmethod
    def _network(self, state: TrainingState, device: "torch.device", seed: int) -> "Network[Any]":
        """Return a network with these weights."""

    @abstractmethod
    def _learnt(self) -> None:
        """Set the fitted attributes from the weights."""

    @abstractmethod
    def _examples(self, checked: C, network: "Network[Any]") -> Any:
        """Return the network's training data, on its device."""

    @abstractmethod
    def _stratify(self, checked: C) -> NDArray[np.int64] | None:
        """Return the groups for a stratified split, or None."""

    def _count(self) -> int:
        """Return the number of networks."""
        return 1

    def _check_parameters(self) -> None:
        require_counts(self, "batch_size", "patience")
        require_positive(self, "learning_rate")
        if not 0 < self.validation_fraction < 1:
            raise ValueError(
                f"validation_fraction is {self.validation_fraction}: choose a number between 0 "
                f"and 1"
            )

    @property
    def _known_states(self) -> tuple[TrainingState, ...]:
        return tuple(getattr(self, "_states", ()))

    def _train(self, checked: C, before: Sequence[TrainingState]) -> None:
        """Train for all epochs, from the given weights or from initial ones."""
        random, self._memory = check_random_state(self.random_state), None
        train, held_out = self._divided(checked, random)
        built = self._networks(train, before, random)
        with self._trainers(built, steady=False, earlier=bool(before)) as trainers:
            rows = self._examples(train, built[0])
            rest = None if held_out is None else self._examples(held_out, built[0])
            for trainer in trainers:
                trainer.run(rows, rest)

    def _pass_over(self, new: C) -> None:
        """Train for one pass over new examples, mixed with examples from memory."""
        before, memory = self._known_states, self._memory
        seed = int(check_random_state(self.random_state).randint(2**31))
        if memory is None:
            self._memory = Memory.of(new, seed, from_the_start=not before)
        else:
            self._memory = memory.with_examples(new, seed)
        if self._memory.from_the_start and len(self._memory.keys) - len(new) < self.batch_size:
            self._train_one_pass(self._memory.examples, None, ())
        else:
            earlier_examples = None if memory is None else memory.examples.recoded(new)
            self._train_one_pass(new, earlier_examples, before)

    def _train_one_pass(
        self, new: C, earlier_examples: C | None, before: Sequence[TrainingState]
    ) -> None:
        built = self._networks(new, before, check_random_state(self.random_state))
        with self._trainers(built, steady=True, earlier=hasattr(self, "history_")) as trainers:
            for trainer in trainers:
                network = trainer.network
                known = (
                    None if earlier_examples is None else self._examples(earlier_examples, network)
                )
                batches = network.filled(self._examples(new, network), known, self.batch_size)
                trainer.pass_once(batches)

    def _to_save(self) -> dict[str, Any]:
        return {**super()._to_save(), "_memory": None}

    def _divided(self, checked: C, random: np.random.RandomState) -> tuple[C, C | None]:
        """Hold out a share of the rows for early stopping, stratified by group if possible."""
        if not self.early_stopping:
            return checked, None

        rows = np.arange(len(checked))
        groups = self._stratify(checked)
        n_holdout = max(1, round(self.validation_fraction * len(rows)))
        too_small = groups is not None and np.unique(groups, return_counts=True)[1].min() < 2
        if groups is None or too_small or n_holdout < len(np.unique(groups)):
            groups = None
        train, rest = train_test_split(
            rows, test_size=n_holdout, stratify=groups, random_state=random
        )
        return checked.take(train), checked.take(rest)

    def _networks(
        self, checked: C, before: Sequence[TrainingState], random: np.random.RandomState
    ) -> list["Network[Any]"]:
        states = before or [self._start(checked, random) for _ in range(self._count())]
        device = _device(self.device)
        # The seed includes the steps so far, so each pass over the same rows has another order.
        return [
            self._network(state, device, (int(random.randint(2**31)) + state.steps) % 2**31)
            for state in states
        ]

    @contextmanager
    def _trainers(
        self, built: list["Network[Any]"], *, steady: bool, earlier: bool
    ) -> Iterator[list["Trainer[Any]"]]:
        """Yield trainers, and store what they have learned even if training is interrupted."""
        total = None if steady else self._epochs() * len(built)
        shown = self.verbose and not steady
        with progress_bar(f"Training {type(self).__name__}", total, shown=shown) as advance:
            trainers: list[Trainer[Any]] = [
                networks.Trainer(each, self._plan(advance, steady=steady)) for each in built
            ]
            try:
                yield trainers
            finally:
                new: tuple[Epoch, ...] = tuple(
                    epoch for trainer in trainers for epoch in trainer.history
                )
                self._states = tuple(trainer.state() for trainer in trainers)
                self.history_ = (*self.history_, *new) if earlier else new
                self.n_iter_ = len(self.history_)
                self._learnt()

    def __sklearn_is_fitted__(self) -> bool:
        return bool(self._known_states)


class GradientTuner(GradientLearner[Checked], Tuner):
    """A tuner whose weights are learned by gradient descent.

    Attributes
    ----------
    classes_ : ndarray
        Class labels; column indices for multi-label data.
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train.

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

        Notes
        -----
        If training is interrupted (Ctrl-C), the current weights are kept, and ``warm_start``
        continues from them.
        """
        self._check_parameters()
        checked = self._check(X, y).known_only()
        self._require_contrast(checked.labels)
        before = self._states_before(checked)
        self._set_classes(checked.labels)
        self._train(checked, before)
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Continue from the current weights with one pass over these rows, one or more.

        Up to 4,096 rows, a uniform sample of all rows seen, are kept in memory (but not saved).
        They fill three quarters of each batch, so that earlier rows are not forgotten. The first
        calls train from scratch on all rows seen until there are ``batch_size``, because fewer rows
        do not give a good initialisation.

        Parameters
        ----------
        X, y
            As for :meth:`fit`.
        classes
            All classes; required in the first call by tuners that predict.

        Raises
        ------
        ValueError
            As for :meth:`fit`, or if a label is new, or ``class_weight`` is ``"balanced"``.
        """
        self._check_parameters()
        refuse_balanced(self)
        first = not self._known_states
        checked = self._check_batch(X, y, self._stream_classes(y, classes, first), first=first)
        self._set_classes(checked.labels)
        self._pass_over(checked)
        return self

    def _set_classes(self, labels: KnownLabels) -> None:
        self.classes_ = labels.classes
        self._multilabel = labels.multilabel

    def _require_contrast(self, labels: KnownLabels) -> None:
        """Raise ValueError if these labels cannot be used for training."""

    def _stream_classes(self, y: ArrayLike, classes: ArrayLike | None, first: bool) -> Any:
        """Return all classes, for a batch of a stream."""
        if not first:
            return self.classes_
        if classes is not None:
            return classes
        labels = self._labels(y)
        if labels.ndim != 2:
            raise ValueError("classes must be passed on the first call to partial_fit")
        return np.arange(labels.shape[1])

    def _states_before(self, checked: Checked) -> tuple[TrainingState, ...]:
        """Return the weights to start from with ``warm_start``, after checking that they fit."""
        states = self._known_states
        if not self.warm_start or not states:
            return ()
        labels = checked.labels
        same = self._multilabel == labels.multilabel and np.array_equal(
            self.classes_, labels.classes
        )
        if not same or len(states[0].scalings[0].centre) != checked.vectors.shape[1]:
            raise ValueError(
                "warm_start continues from the current weights, but the classes or the number of "
                "dimensions of X changed: keep both the same, or create a new tuner"
            )
        return states

    def _stratify(self, checked: Checked) -> NDArray[np.int64] | None:
        return None if checked.labels.multilabel else checked.labels.values

    def _examples(self, checked: Checked, network: "Network[Any]") -> Any:
        import torch  # noqa: PLC0415 - takes seconds

        columns = (
            network.state.scalings[0].apply(checked.vectors),
            checked.labels.values,
            checked.labels.weights(self.class_weight),
        )
        return networks.Rows(*(torch.from_numpy(column).to(network.device) for column in columns))


def _device(name: str | None) -> "torch.device":
    """Return the device of this name; by default the CPU, because the steps are tiny.

    Raises
    ------
    ValueError
        If the device does not exist.
    """
    import torch  # noqa: PLC0415 - takes seconds

    try:
        device = torch.device(name or "cpu")
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device {name!r} cannot be used: {error}") from error
    return device
