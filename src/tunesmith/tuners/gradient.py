"""What is shared by all that learn step by step: stopping, going on, seeds, devices."""

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
    """A map whose weights are learnt by gradient descent.

    Attributes
    ----------
    history_ : tuple of Epoch
        Each pass over the rows.
    n_iter_ : int
        The number of passes.
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
        """Return the most passes over the rows."""

    def _schedule(self) -> Schedule:
        """Return how the learning rate changes, and when training ends."""
        return LinearDecay(self._epochs(), self.patience)

    def _plan(self, advance: Any, *, steady: bool) -> Plan:
        """Return how to train; steadily for ``partial_fit``."""
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
        """Return new weights."""

    @abstractmethod
    def _network(self, state: TrainingState, device: "torch.device", seed: int) -> "Network[Any]":
        """Return a network with these weights."""

    @abstractmethod
    def _learnt(self) -> None:
        """Set what follows from the weights."""

    @abstractmethod
    def _examples(self, checked: C, network: "Network[Any]") -> Any:
        """Return what the network learns from, on its device."""

    @abstractmethod
    def _stratify(self, checked: C) -> NDArray[np.int64] | None:
        """Return groups that should be held out in equal shares, or None."""

    def _count(self) -> int:
        """Return how many networks stand side by side."""
        return 1

    def _check_parameters(self) -> None:
        require_counts(self, "batch_size", "patience")
        require_positive(self, "learning_rate")
        if not 0 < self.validation_fraction < 1:
            raise ValueError(
                f"validation_fraction is {self.validation_fraction}: choose between 0 and 1"
            )

    @property
    def _known_states(self) -> tuple[TrainingState, ...]:
        return tuple(getattr(self, "_states", ()))

    def _train(self, checked: C, before: Sequence[TrainingState]) -> None:
        """Train for all epochs, from these weights or from new ones."""
        random, self._memory = check_random_state(self.random_state), None
        train, held_out = self._divided(checked, random)
        made = self._networks(train, before, random)
        with self._keeping(made, steady=False, earlier=bool(before)) as trainers:
            rows = self._examples(train, made[0])
            rest = None if held_out is None else self._examples(held_out, made[0])
            for trainer in trainers:
                trainer.run(rows, rest)

    def _pass_over(self, fresh: C) -> None:
        """Go on with one pass over new examples, among those that are remembered."""
        before, memory = self._known_states, self._memory
        seed = int(check_random_state(self.random_state).randint(2**31))
        if memory is None:
            self._memory = Memory.of(fresh, seed, from_the_start=not before)
        else:
            self._memory = memory.with_examples(fresh, seed)
        if self._memory.from_the_start and len(self._memory.keys) - len(fresh) < self.batch_size:
            self._pass_once(self._memory.examples, None, ())
        else:
            remembered = None if memory is None else memory.examples.recoded(fresh)
            self._pass_once(fresh, remembered, before)

    def _pass_once(self, fresh: C, remembered: C | None, before: Sequence[TrainingState]) -> None:
        made = self._networks(fresh, before, check_random_state(self.random_state))
        with self._keeping(made, steady=True, earlier=hasattr(self, "history_")) as trainers:
            for trainer in trainers:
                network = trainer.network
                known = None if remembered is None else self._examples(remembered, network)
                batches = network.filled(self._examples(fresh, network), known, self.batch_size)
                trainer.pass_once(batches)

    def _to_save(self) -> dict[str, Any]:
        return {**super()._to_save(), "_memory": None}

    def _divided(self, checked: C, random: np.random.RandomState) -> tuple[C, C | None]:
        """Hold out a share of the rows for early stopping, of each group if there is one."""
        if not self.early_stopping:
            return checked, None

        numbers = np.arange(len(checked))
        groups = self._stratify(checked)
        held = max(1, round(self.validation_fraction * len(numbers)))
        few = groups is not None and np.unique(groups, return_counts=True)[1].min() < 2
        if groups is None or few or held < len(np.unique(groups)):
            groups = None
        train, rest = train_test_split(
            numbers, test_size=held, stratify=groups, random_state=random
        )
        return checked.take(train), checked.take(rest)

    def _networks(
        self, checked: C, before: Sequence[TrainingState], random: np.random.RandomState
    ) -> list["Network[Any]"]:
        states = before or [self._start(checked, random) for _ in range(self._count())]
        device = _device(self.device)
        # Steps so far are in the seed: a pass over the same rows takes another order each time.
        return [
            self._network(state, device, (int(random.randint(2**31)) + state.steps) % 2**31)
            for state in states
        ]

    @contextmanager
    def _keeping(
        self, made: list["Network[Any]"], *, steady: bool, earlier: bool
    ) -> Iterator[list["Trainer[Any]"]]:
        """Yield trainers, and keep what they have learnt whatever happens."""
        total = None if steady else self._epochs() * len(made)
        shown = self.verbose and not steady
        with progress_bar(f"Training {type(self).__name__}", total, shown=shown) as advance:
            trainers: list[Trainer[Any]] = [
                networks.Trainer(each, self._plan(advance, steady=steady)) for each in made
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
    """A tuner whose weights are learnt by gradient descent.

    Attributes
    ----------
    classes_ : ndarray
        The labels; numbers of columns for several labels.
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
        When training is interrupted (Ctrl-C), what was learnt so far is kept, and ``warm_start``
        goes on from it.
        """
        self._check_parameters()
        checked = self._check(X, y).known_only()
        self._require_contrast(checked.labels)
        before = self._states_before(checked)
        self._note(checked.labels)
        self._train(checked, before)
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Go on from the present weights with one pass over these rows, one or more.

        Up to 4,096 rows, drawn evenly from all that came, are remembered (but not saved): in each
        step three quarters of the batch are such rows, so that none is learnt from only once and
        none forgotten. A stream that nothing was learnt before begins anew with all its rows until
        ``batch_size`` have come, for fewer do not show where to start.

        Parameters
        ----------
        X, y
            As for :meth:`fit`.
        classes
            All labels there will be; needed with the first call by tuners that predict.

        Raises
        ------
        ValueError
            As for :meth:`fit`; if a label is new, or ``class_weight`` is ``"balanced"``.
        """
        self._check_parameters()
        refuse_balanced(self)
        first = not self._known_states
        checked = self._check_part(X, y, self._stream_classes(y, classes, first), first=first)
        self._note(checked.labels)
        self._pass_over(checked)
        return self

    def _note(self, labels: KnownLabels) -> None:
        self.classes_ = labels.classes
        self._multilabel = labels.multilabel

    def _require_contrast(self, labels: KnownLabels) -> None:
        """Raise ValueError where these labels cannot be learnt from."""

    def _stream_classes(self, y: ArrayLike, classes: ArrayLike | None, first: bool) -> Any:
        """Return all labels, for a part of the rows."""
        if not first:
            return self.classes_
        if classes is None and np.ndim(y) == 1:
            raise ValueError("classes must be passed on the first call to partial_fit")
        return classes if classes is not None else np.arange(np.shape(y)[1])

    def _states_before(self, checked: Checked) -> tuple[TrainingState, ...]:
        """Return the weights to start from with ``warm_start``, after a look whether they fit."""
        states = self._known_states
        if not self.warm_start or not states:
            return ()
        labels = checked.labels
        same = self._multilabel == labels.multilabel and np.array_equal(
            self.classes_, labels.classes
        )
        if not same or len(states[0].scalings[0].centre) != checked.vectors.shape[1]:
            raise ValueError(
                "warm_start goes on from the present weights, but the classes or the width of X "
                "are others: pass the same, or make a new tuner"
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
    """Return the device of this name; by default the processor, for the steps are tiny.

    Raises
    ------
    ValueError
        If there is no such device.
    """
    import torch  # noqa: PLC0415 - takes seconds

    try:
        device = torch.device(name or "cpu")
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device {name!r} cannot be used: {error}") from error
    return device
