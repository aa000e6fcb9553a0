"""The training loop of networks on vectors, without data loader or modules for tiny steps."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from tunesmith.threads import threads_for
from tunesmith.tuners.networks.history import Epoch, TrainingState
from tunesmith.tuners.networks.schedule import Plan


@dataclass(frozen=True, eq=False)
class Rows:
    """Training rows, on one device.

    Parameters
    ----------
    vectors
        Vectors, float32, shape (n, d).
    goal
        Class indices, int64, shape (n,); or 1, 0 and NaN, float32, shape (n, labels).
    weights
        Weights, float32, of the same shape as ``goal``.

    Examples
    --------
    >>> rows = Rows(torch.eye(2), torch.tensor([0, 1]), torch.ones(2))
    >>> len(rows), rows.goal.tolist()
    (2, [0, 1])
    """

    vectors: Tensor
    goal: Tensor
    weights: Tensor

    def __len__(self) -> int:
        return len(self.vectors)


@dataclass(frozen=True, eq=False)
class PairRows:
    """Training pairs, on one device.

    Parameters
    ----------
    first, second
        Vectors, float32, shapes (n, d) and (n, e).
    goal
        Similarity of each pair, 0 to 1, float32, shape (n,).
    weights
        Weight of each pair, float32, shape (n,).

    Examples
    --------
    >>> pairs = PairRows(torch.eye(2), torch.eye(2), torch.tensor([1.0, 0.0]), torch.ones(2))
    >>> len(pairs), pairs.goal.tolist()
    (2, [1.0, 0.0])
    """

    first: Tensor
    second: Tensor
    goal: Tensor
    weights: Tensor

    def __len__(self) -> int:
        return len(self.first)


E = TypeVar("E", Rows, PairRows)


def take(examples: E, index: Tensor) -> E:
    """Return the examples with these indices."""
    return type(examples)(*(column.index_select(0, index) for column in vars(examples).values()))


def join(first: E, second: E) -> E:
    """Return the concatenated examples."""
    columns = zip(vars(first).values(), vars(second).values(), strict=True)
    return type(first)(*(torch.cat(pair) for pair in columns))


class Network(ABC, Generic[E]):
    """A network with trainable weights.

    Parameters
    ----------
    state
        Initial weights.
    rates
        Factors of the learning rate by weight name; the default is 1.
    device
        Device for computation.
    seed
        Random seed for the order of rows and for randomness in steps.

    Examples
    --------
    A subclass defines the loss:

    >>> class Regression(Network[Rows]):
    ...     def loss(self, batch):
    ...         return (batch.vectors @ self.weights["w"] - batch.goal).square().mean()
    >>> state = TrainingState((), {"w": np.zeros(2, dtype=np.float32)})
    >>> network = Regression(state, {}, torch.device("cpu"), seed=0)
    >>> network.loss(Rows(torch.eye(2), torch.ones(2), torch.ones(2))).item()
    1.0
    """

    def __init__(
        self, state: TrainingState, rates: dict[str, float], device: torch.device, seed: int
    ) -> None:
        self.state = state
        self.rates = rates
        self.device = device
        self.random = torch.Generator(device).manual_seed(seed)
        self.weights = {
            name: torch.tensor(values, device=device).requires_grad_()
            for name, values in state.parameters.items()
        }

    @abstractmethod
    def loss(self, batch: E) -> Tensor | None:
        """Return the mean loss of a batch, a scalar; None if the batch gives no loss."""

    def backward(self, batch: E) -> Tensor | None:
        """Set the weights' ``grad``, and return the loss."""
        for weight in self.weights.values():
            weight.grad = None
        loss = self.loss(batch)
        if loss is None:
            return None
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships no types for it
        return loss.detach()

    def batches(self, rows: E, size: int) -> Iterator[Tensor]:
        """Yield the row indices of each batch of an epoch."""
        order = torch.randperm(len(rows), generator=self.random, device=self.device)
        yield from torch.split(order, size)

    def filled(self, fresh: E, remembered: E | None, size: int) -> Iterator[E]:
        """Yield batches of new examples, three quarters filled with remembered ones if given."""
        if remembered is None:
            yield from (take(fresh, index) for index in self.batches(fresh, size))
            return
        for index in self.batches(fresh, max(1, size // 4)):
            room = min(size - len(index), len(remembered))
            drawn = torch.randint(
                len(remembered), (room,), generator=self.random, device=self.device
            )
            yield join(take(fresh, index), take(remembered, drawn))

    # Whether partial_fit uses running means of the weights.
    averages: bool = False

    @property
    def work(self) -> float:
        """The approximate number of multiplications per row in a step."""
        return 3.0 * sum(weight.numel() for weight in self.weights.values())


class Trainer(Generic[E]):
    """Trains a network; its state is available at any time.

    Examples
    --------
    >>> from tunesmith.tuners.networks.schedule import Steady
    >>> class Regression(Network[Rows]):
    ...     def loss(self, batch):
    ...         return (batch.vectors @ self.weights["w"] - batch.goal).square().mean()
    >>> state = TrainingState((), {"w": np.zeros(2, dtype=np.float32)})
    >>> network = Regression(state, {}, torch.device("cpu"), seed=0)
    >>> trainer = Trainer(network, Plan(2, 2, 0.1, 0.0, Steady(), advance=lambda epochs: None))
    >>> trainer.run(Rows(torch.eye(2), torch.ones(2), torch.ones(2)))
    >>> [round(epoch.loss, 2) for epoch in trainer.history], trainer.state().steps
    ([1.0, 0.81], 2)
    """

    def __init__(self, network: Network[E], plan: Plan) -> None:
        self.network: Network[E] = network
        self.plan = plan
        self.history: list[Epoch] = []
        self._optimizer = _optimizer(network, plan)
        self._best: tuple[float, TrainingState] | None = None
        self._mean = RunningMean.of(network.state, network.device)

    def run(self, rows: E, held_out: E | None = None) -> None:
        """Train until the schedule stops; with held-out rows, keep the best weights on them."""
        with threads_for(self.network.work * self.plan.batch_size):
            for number in range(self.plan.epochs):
                epoch = self._epoch(rows, number, held_out)
                self.history.append(epoch)
                self._note(epoch)
                self.plan.advance(1)
                if self.plan.schedule.ends_after(epoch):
                    break

    def pass_once(self, batches: Iterable[E]) -> None:
        """Run one step for each of these batches."""
        losses = []
        with threads_for(self.network.work * self.plan.batch_size):
            for batch in batches:
                losses.append(float(self._step(batch)))
                if self.network.averages:
                    self._mean.add(self.network.weights)
        self.history.append(Epoch(sum(losses) / max(len(losses), 1), self.plan.learning_rate))

    def state(self) -> TrainingState:
        """Return the best weights on held-out rows, or else the current ones."""
        return self._current() if self._best is None else self._best[1]

    def _epoch(self, rows: E, number: int, held_out: E | None) -> Epoch:
        total = torch.zeros((), device=self.network.device)
        batches = list(self.network.batches(rows, self.plan.batch_size))
        for index, batch in enumerate(batches):
            self._set_rate(number + index / len(batches))
            total += self._step(take(rows, batch)) * len(batch)
        validation = None if held_out is None else self._validated(held_out)
        seen = sum(len(batch) for batch in batches)
        return Epoch(float(total) / seen, self._optimizer.param_groups[0]["lr"], validation)

    def _step(self, batch: E) -> Any:
        loss = self.network.backward(batch)
        if loss is None:
            return 0.0
        self._optimizer.step()
        return loss

    def _set_rate(self, epochs: float) -> None:
        factor = self.plan.schedule.factor(epochs)
        for group in self._optimizer.param_groups:
            group["lr"] = self.plan.learning_rate * group["share"] * factor

    def _validated(self, rows: E) -> float:
        parts = torch.split(
            torch.arange(len(rows), device=self.network.device), self.plan.batch_size
        )
        with torch.no_grad():
            losses = [self.network.loss(take(rows, part)) for part in parts]
        known = [
            (float(loss), len(part))
            for loss, part in zip(losses, parts, strict=True)
            if loss is not None
        ]
        return sum(loss * size for loss, size in known) / max(sum(size for _, size in known), 1)

    def _note(self, epoch: Epoch) -> None:
        loss = epoch.validation_loss
        if loss is not None and (self._best is None or loss < self._best[0]):
            self._best = loss, self._current()

    def _current(self) -> TrainingState:
        start, memory, mean = self.network.state, self._optimizer.state, self._mean
        kept = [memory.get(weight, {}) for weight in self.network.weights.values()]
        names = list(self.network.weights)
        firsts, seconds = (
            {name: _array(held[key]) for name, held in zip(names, kept, strict=True) if key in held}
            for key in ("exp_avg", "exp_avg_sq")
        )
        steps = max((int(held["step"]) for held in kept if "step" in held), default=start.steps)
        weights = {name: _array(weight) for name, weight in self.network.weights.items()}
        averages = {name: _array(values) for name, values in mean.values.items()}
        return TrainingState(start.scalings, weights, firsts, seconds, steps, averages, mean.steps)


@dataclass
class RunningMean:
    """A running mean of weights in which later steps have more weight.

    After k steps the newest has weight 3 / (k + 2), which averages over about the last third, and
    at least 0.01, so that the mean follows a changing stream (polynomial-decay averaging, Shamir
    and Zhang 2013, https://proceedings.mlr.press/v28/shamir13.html).
    """

    values: dict[str, Tensor]
    steps: int

    @classmethod
    def of(cls, state: TrainingState, device: torch.device) -> "RunningMean":
        """Return the running mean stored in a state."""
        values = {name: torch.tensor(each, device=device) for name, each in state.averages.items()}
        return cls(values, state.averaged)

    @torch.no_grad()
    def add(self, weights: Mapping[str, Tensor]) -> None:
        """Update the means with the weights after a step."""
        self.steps += 1
        share = max(3 / (self.steps + 2), 0.01)
        for name, weight in weights.items():
            if name not in self.values:
                self.values[name] = weight.detach().clone()
            else:
                self.values[name].lerp_(weight, share)


def _array(values: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return values.detach().cpu().numpy().copy()


def _optimizer(network: Network[Any], plan: Plan) -> torch.optim.AdamW:
    """Return AdamW with the stored optimizer state."""
    shares: dict[float, list[Tensor]] = {}
    for name, weight in network.weights.items():
        shares.setdefault(network.rates.get(name, 1.0), []).append(weight)
    groups = [
        {"params": weights, "share": share, "lr": plan.learning_rate * share}
        for share, weights in shares.items()
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=plan.weight_decay, fused=True)
    state = network.state
    for name, weight in network.weights.items():
        if name in state.first_moments:
            optimizer.state[weight] = {
                "step": torch.tensor(float(state.steps), device=network.device),
                "exp_avg": torch.tensor(state.first_moments[name], device=network.device),
                "exp_avg_sq": torch.tensor(state.second_moments[name], device=network.device),
            }
    return optimizer
