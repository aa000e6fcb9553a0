"""The training loop: gradients, early stopping, continued training."""

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.tuners import gradient
from tunesmith.tuners.base import Checked
from tunesmith.tuners.contrastive import ContrastiveTuner
from tunesmith.tuners.feed_forward import FeedForwardTuner
from tunesmith.tuners.memory import LIMIT, Memory
from tunesmith.tuners.networks.feed_forward import CURVES, FeedForwardNetwork, Regularisation
from tunesmith.tuners.networks.history import Epoch, TrainingState
from tunesmith.tuners.networks.scaling import Scaling
from tunesmith.tuners.networks.schedule import LinearDecay, Plateau
from tunesmith.tuners.networks.training import Network, Rows
from tunesmith.tuners.targets import KnownLabels

TUNERS: list[Any] = [
    FeedForwardTuner(epochs=40, random_state=0),
    ContrastiveTuner(hidden_dim=8, epochs=40, random_state=0),
]
EACH = pytest.mark.parametrize("tuner", TUNERS, ids=["feed forward", "contrastive"])


def _data(rows: int = 120) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    labels = np.arange(rows) % 3
    return rng.normal(size=(rows, 12)) + 1.5 * np.eye(12)[labels], labels


def _network(activation: Any, smoothing: float) -> FeedForwardNetwork:
    rng = np.random.default_rng(0)
    shapes = {
        "hidden.weight": (6, 5),
        "hidden.bias": (6,),
        "output.weight": (3, 6),
        "output.bias": (3,),
    }
    weights = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    state = TrainingState((Scaling(np.zeros(5, dtype=np.float32), 1.0),), weights)
    against = Regularisation(0.0, 0.0, smoothing)
    return FeedForwardNetwork(state, {}, torch.device("cpu"), 0, activation, against)


def _masks(dropout: float) -> list[torch.Tensor]:
    """Return the first two masks of a network."""
    network = _network("tanh", 0.0)
    network._regularisation = Regularisation(dropout, 0.0, 0.0)
    masks = [network._mask(torch.empty(301, 333)) for _ in range(2)]
    return [mask for mask in masks if mask is not None]


@pytest.mark.parametrize("dropout", [0.5, 0.1, 0.003])
def test_dropout_keeps_its_share_and_the_mean(dropout: float) -> None:
    """A unit is kept, and scaled up, independently of its neighbours; the seed decides which."""
    mask, other = _masks(dropout)
    assert torch.equal(mask, _masks(dropout)[0])
    assert not torch.equal(mask, other)
    kept = mask > 0
    torch.testing.assert_close(mask[kept], torch.full_like(mask[kept], 1 / (1 - dropout)))
    assert mask.mean().item() == pytest.approx(1, abs=0.02)
    both = (kept[:, 1:] & kept[:, :-1]).float().mean().item()
    assert both == pytest.approx((1 - dropout) ** 2, abs=0.01)


@pytest.mark.parametrize("activation", CURVES)
@pytest.mark.parametrize("several", [False, True], ids=["one label", "several labels"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_manual_gradients_equal_autograd(activation: Any, several: bool, smoothing: float) -> None:
    """Every weight's gradient, and the loss, agree with torch's automatic differentiation."""
    rng = torch.Generator().manual_seed(0)
    goal = torch.randint(3, (7,), generator=rng)
    if several:
        goal = torch.nn.functional.one_hot(goal, 3).float()
        goal[::3, 1] = float("nan")
    rows = Rows(
        torch.randn((7, 5), generator=rng), goal, torch.rand(goal.shape, generator=rng) + 0.5
    )
    network = _network(activation, smoothing)
    loss = network.backward(rows)
    written = {name: weight.grad for name, weight in network.weights.items()}
    for weight in network.weights.values():
        weight.requires_grad_()
    automatic = Network.backward(network, rows)
    assert automatic is not None
    torch.testing.assert_close(loss, automatic)
    for name, weight in network.weights.items():
        torch.testing.assert_close(written[name], weight.grad)


@EACH
def test_warm_start_continues(tuner: Any) -> None:
    """With warm start a second fit starts at the previous loss; without it, from scratch."""
    X, labels = _data()
    tuner = type(tuner)(**{**tuner.get_params(), "warm_start": True})
    tuner.fit(X, labels)
    first, epochs = tuner.history_, tuner.n_iter_
    tuner.fit(X, labels)
    assert tuner.history_[:epochs] == first
    assert tuner.history_[epochs].loss < (first[0].loss + first[-1].loss) / 2
    with pytest.raises(ValueError, match="warm_start"):
        tuner.fit(X[:, :5], labels)
    tuner.set_params(warm_start=False).fit(X, labels)
    assert tuner.n_iter_ == epochs


@EACH
def test_early_stopping_keeps_the_best_weights(tuner: Any) -> None:
    """With random labels, the validation loss stops training, and the best weights are kept."""
    X, _ = _data(300)
    labels = np.random.default_rng(1).integers(3, size=300)
    chosen = {**tuner.get_params(), "patience": 2, "learning_rate": 0.1}
    free = type(tuner)(**chosen).fit(X, labels)
    held = type(tuner)(**{**chosen, "early_stopping": True, "validation_fraction": 0.3})
    held.fit(X, labels)
    losses = [epoch.validation_loss for epoch in held.history_]
    assert all(epoch.validation_loss is None for epoch in free.history_)
    assert losses[-1] > min(losses)
    assert len(losses) < 40


@EACH
def test_an_interrupt_keeps_the_weights(tuner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C the tuner keeps the weights of finished epochs and can continue."""
    X, labels = _data()
    tuner = type(tuner)(**{**tuner.get_params(), "warm_start": True})
    done = []

    def count(number: int) -> None:
        done.append(number)
        if len(done) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(
        "tunesmith.tuners.gradient.progress_bar", lambda *_, **__: nullcontext(count)
    )
    with pytest.raises(KeyboardInterrupt):
        tuner.fit(X, labels)
    assert tuner.n_iter_ == 3
    assert np.isfinite(tuner.transform(X)).all()
    monkeypatch.undo()
    assert tuner.fit(X, labels).n_iter_ > 3


@EACH
def test_a_stream_after_fit_forgets_nothing(tuner: Any) -> None:
    """A few rows after ``fit`` change the embedding slightly and do not restart training."""
    X, labels = _data()
    fitted = type(tuner)(**tuner.get_params()).fit(X, labels)
    before = fitted.transform(X)
    for row in range(9):
        fitted.partial_fit(X[row : row + 1], labels[row : row + 1])
    cosines = (fitted.transform(X) * before).sum(axis=1)
    assert 0.9 < cosines.mean() < 0.99999


@settings(deadline=None, max_examples=30)
@given(sizes=st.lists(st.integers(1, 900), min_size=1, max_size=30))
def test_the_memory_is_a_uniform_sample(sizes: list[int]) -> None:
    """The memory is a uniform sample of at most 4,096 rows without duplicates."""
    memory: Memory[Checked] | None = None
    start = 0
    for size in sizes:
        numbers = np.arange(start, start + size, dtype=np.float32)[:, None]
        part = Checked(numbers, KnownLabels(np.arange(2), np.zeros(size, dtype=np.int64)))
        memory = (
            Memory.of(part, 7, from_the_start=True)
            if memory is None
            else memory.with_examples(part, 7)
        )
        start += size
    assert memory is not None
    kept = memory.examples.vectors.ravel()
    assert memory.seen == start
    assert len(kept) == len(set(kept.tolist())) == min(start, LIMIT)
    assert abs(kept.mean() / max((start - 1) / 2, 1) - 1) < 0.1 or start < 200


def test_an_unknown_device_is_named() -> None:
    """The message names it."""
    with pytest.raises(ValueError, match="'nonsense'"):
        FeedForwardTuner(device="nonsense").fit(*_data())


@EACH
def test_verbose_draws_a_bar_with_the_name(tuner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each epoch advances it."""
    seen: list[Any] = []

    class Bar:
        def __enter__(self) -> Any:
            return seen.append

        def __exit__(self, *details: object) -> None: ...

    def bar(description: str, total: int | None, *, shown: bool) -> Bar:
        seen.append((description, total, shown))
        return Bar()

    monkeypatch.setattr(gradient, "progress_bar", bar)
    fitted = type(tuner)(**{**tuner.get_params(), "verbose": True}).fit(*_data())
    assert seen[0] == (f"Training {type(tuner).__name__}", 40, True)
    assert seen[1:] == [1] * fitted.n_iter_


def test_a_plateau_slows_and_then_ends() -> None:
    """The rate falls to a tenth at the first plateau, and training stops at the second."""
    schedule = Plateau(patience=2)
    falls = [schedule.ends_after(Epoch(loss, 0.1)) for loss in (1.0, 0.5, 0.499, 0.4999)]
    assert falls == [False] * 4
    assert schedule.factor(4.0) == 0.1
    assert [schedule.ends_after(Epoch(0.4995, 0.1)) for _ in range(2)] == [False, True]


def test_the_rate_falls_to_zero() -> None:
    """The decay is linear over all epochs; the validation loss can stop it earlier."""
    schedule = LinearDecay(epochs=4, patience=1)
    assert [schedule.factor(epochs) for epochs in (0.0, 1.0, 3.0)] == [1.0, 0.75, 0.25]
    assert not schedule.ends_after(Epoch(1.0, 0.1, 1.0))
    assert schedule.ends_after(Epoch(0.5, 0.1, 1.1))
