"""The contrastive tuner."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.tuners.contrastive import ContrastiveTuner
from tunesmith.tuners.networks.contrastive import (
    Contrast,
    ContrastiveNetwork,
    grouped_order,
    relate,
)
from tunesmith.tuners.networks.history import TrainingState
from tunesmith.tuners.networks.scaling import Scaling
from tunesmith.tuners.networks.training import Network, Rows


def _data(rows: int = 200, classes: int = 4, width: int = 16) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    labels = np.arange(rows) % classes
    return rng.normal(size=(rows, width)) + 2 * np.eye(width)[labels], labels


def _network(width: int, out: int, n_neg: float, temperature: float) -> ContrastiveNetwork:
    rng = np.random.default_rng(1)
    scaling = Scaling(np.zeros(width, dtype=np.float32), 1.0)
    weight = rng.normal(size=(out, width)).astype(np.float32)
    bias = rng.normal(size=out).astype(np.float32)
    state = TrainingState((scaling,), {"map.weight": weight, "map.bias": bias})
    return ContrastiveNetwork(state, torch.device("cpu"), 0, Contrast(n_neg, temperature))


@pytest.mark.parametrize("n_neg", [1, 3])
def test_the_loss_equals_a_loop_over_pairs(n_neg: int) -> None:
    """The batch's loss is the mean over pairs, each with its average negative ``n_neg`` times."""
    X, labels = _data(12, 3, 5)
    network = _network(5, 4, n_neg, 0.5)
    vectors = X @ network.state.parameters["map.weight"].T + network.state.parameters["map.bias"]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    losses = []
    for anchor in range(12):
        negatives = [
            np.exp(unit[anchor] @ unit[other] / 0.5)
            for other in range(12)
            if labels[other] != labels[anchor]
        ]
        for partner in range(12):
            if partner != anchor and labels[partner] == labels[anchor]:
                positive = np.exp(unit[anchor] @ unit[partner] / 0.5)
                losses.append(np.log(1 + n_neg * np.mean(negatives) / positive))
    rows = Rows(
        torch.tensor(X, dtype=torch.float32), torch.from_numpy(labels), torch.ones(len(labels))
    )
    loss = network.loss(rows)
    assert loss is not None
    assert loss.item() == pytest.approx(np.mean(losses), rel=1e-4)


@pytest.mark.parametrize("several", [False, True], ids=["one label", "several labels"])
def test_manual_gradients_equal_autograd(several: bool) -> None:
    """Loss and gradients agree with torch's automatic differentiation."""
    X, labels = _data(20, 3, 5)
    goal: Any = torch.from_numpy(labels)
    if several:
        goal = torch.nn.functional.one_hot(goal, 3).float()
        goal[::3, 1] = float("nan")
    weights = torch.rand(goal.shape, generator=torch.Generator().manual_seed(0)) + 0.5
    rows = Rows(torch.tensor(X, dtype=torch.float32), goal, weights)
    network = _network(5, 4, 3, 0.2)
    loss = network.backward(rows)
    assert loss is not None
    written = {name: weight.grad for name, weight in network.weights.items()}
    for weight in network.weights.values():
        weight.requires_grad_()
    automatic = Network.backward(network, rows)
    assert automatic is not None
    torch.testing.assert_close(loss, automatic)
    for name, weight in network.weights.items():
        torch.testing.assert_close(written[name], weight.grad, rtol=1e-4, atol=1e-6)


def test_unknown_labels_are_neither_positive_nor_negative() -> None:
    """A shared label makes a positive pair; only a known 1 against a known 0 makes a negative."""
    nan = float("nan")
    goal = torch.tensor([[1.0, nan], [1.0, 0.0], [0.0, 1.0], [nan, nan], [nan, 1.0]])
    found = relate(goal)
    positives = {(0, 1), (1, 0), (2, 4), (4, 2)}
    different = {(0, 2), (2, 0), (1, 2), (2, 1), (1, 4), (4, 1)}
    assert {tuple(pair) for pair in torch.nonzero(found.positive).tolist()} == positives
    assert {tuple(pair) for pair in torch.nonzero(found.negative).tolist()} == different


@settings(deadline=None, max_examples=60)
@given(
    classes=st.lists(st.integers(0, 5), min_size=1, max_size=60),
    together=st.integers(1, 5),
    seed=st.integers(0, 9),
)
def test_an_epoch_has_each_row_once_and_classes_in_groups(
    classes: list[int], together: int, seed: int
) -> None:
    """No row is lost, and rows of a class are placed in groups."""
    numbers = torch.tensor(classes)
    order = grouped_order(numbers, together, torch.Generator().manual_seed(seed))
    assert sorted(order.tolist()) == list(range(len(classes)))
    in_order = numbers[order].tolist()
    for place, number in enumerate(in_order):
        neighbours = in_order[max(place - 1, 0) : place] + in_order[place + 1 : place + 2]
        if together > 1 and classes.count(number) >= 2:
            assert number in neighbours


def test_it_starts_with_principal_directions() -> None:
    """The initial map is the principal directions, which preserve distances."""
    X, labels = _data(classes=2)
    tuner = ContrastiveTuner(hidden_dim=None, learning_rate=1e-12, random_state=0).fit(X, labels)
    centred = X - X.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    vectors = tuner.transform(X)
    np.testing.assert_allclose(vectors @ vectors.T, unit @ unit.T, atol=1e-4)


def test_more_directions_than_dimensions() -> None:
    """The embedding may have more dimensions than the input."""
    X, labels = _data()
    assert ContrastiveTuner(hidden_dim=40, random_state=0).fit_transform(X, labels).shape[1] == 40


def test_same_seed_gives_the_same_map() -> None:
    """Runs with one seed are bit-identical; torch's global random state is not changed."""
    X, labels = _data()
    before = torch.get_rng_state()
    first, second, other = (
        ContrastiveTuner(random_state=seed, batch_size=32).fit(X, labels).weight_
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first, other)
    assert torch.equal(before, torch.get_rng_state())


def test_rows_without_positives_are_refused() -> None:
    """Without two rows of one label there is no positive pair."""
    with pytest.raises(ValueError, match="no two rows of y share a label"):
        ContrastiveTuner().fit(np.eye(3), ["a", "b", "c"])


@pytest.mark.parametrize(
    "parameters",
    [{"hidden_dim": 0}, {"n_neg": 0}, {"epochs": 0}, {"temperature": 0.001}, {"batch_size": 0}],
)
def test_parameters_out_of_range_are_refused(parameters: dict[str, Any]) -> None:
    """The message names the parameter."""
    with pytest.raises(ValueError, match=next(iter(parameters))):
        ContrastiveTuner(**parameters).fit(*_data())
