"""The feed-forward tuner."""

from typing import Any, get_args

import numpy as np
import pytest
import torch

from tunesmith.tuners.feed_forward import FeedForwardTuner
from tunesmith.vectors.layers import Activation


def _data(rows: int = 200, classes: int = 4, width: int = 16) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    labels = np.arange(rows) % classes
    vectors = rng.normal(size=(rows, width)) + 4 * np.eye(width)[labels]
    return vectors.astype(np.float32), labels


def test_separable_data_is_fitted_exactly() -> None:
    """The loss goes to zero, which a sigmoid before the cross-entropy would prevent."""
    X, labels = _data()
    held_back_by_nothing: dict[str, Any] = {
        "weight_decay": 0.0,
        "noise": 0.0,
        "label_smoothing": 0.0,
    }
    tuner = FeedForwardTuner(random_state=0, **held_back_by_nothing).fit(X, labels)
    assert tuner.history_[-1].loss < 0.02
    assert tuner.score(X, labels) == 1.0
    assert tuner.n_iter_ < 200


@pytest.mark.parametrize("activation", get_args(Activation))
def test_arrays_compute_what_torch_trained(activation: Activation) -> None:
    """``predict_proba`` from arrays equals a torch network with the same weights."""
    X, labels = _data()
    tuner = FeedForwardTuner(epochs=3, activation=activation, random_state=0).fit(X, labels)
    functions = {
        "identity": torch.nn.Identity(),
        "relu": torch.nn.ReLU(),
        "tanh": torch.nn.Tanh(),
        "gelu": torch.nn.GELU(),
    }
    hidden, output = (_linear(layer.weight, layer.bias) for layer in tuner.layers_)
    network = torch.nn.Sequential(hidden, functions[activation], output, torch.nn.Softmax(dim=1))
    with torch.no_grad():
        expected = network(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(tuner.predict_proba(X), expected, atol=1e-5)


def _linear(weight: Any, bias: Any) -> torch.nn.Linear:
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        layer.bias.copy_(torch.from_numpy(bias))
    return layer


def test_several_networks_are_averaged() -> None:
    """Hidden layers are concatenated, and logits are averaged."""
    X, labels = _data()
    settings: dict[str, Any] = {"hidden_dim": 6, "epochs": 20, "patience": 20}
    pair = FeedForwardTuner(n_networks=2, random_state=3, **settings).fit(X, labels)
    assert pair.transform(X).shape == (len(X), 12)
    assert pair.n_iter_ == len(pair.history_) == 40
    hidden, output = pair.layers_
    values = hidden.apply(X)
    halves = [values[:, :6] @ output.weight[:, :6].T, values[:, 6:] @ output.weight[:, 6:].T]
    np.testing.assert_allclose(output.apply(values), sum(halves) + output.bias, atol=1e-4)
    assert not np.allclose(hidden.weight[6:], hidden.weight[:6])
    assert pair.score(X, labels) > 0.98


def test_same_seed_gives_the_same_network() -> None:
    """Runs with one seed are bit-identical; torch's global random state is not changed."""
    X, labels = _data()
    before = torch.get_rng_state()
    first, second, other = (
        FeedForwardTuner(epochs=5, random_state=seed).fit(X, labels).transform(X)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first, other)
    assert torch.equal(before, torch.get_rng_state())


def test_set_params_is_used() -> None:
    """A grid search over the hidden dimension changes it."""
    X, labels = _data()
    tuner = FeedForwardTuner(epochs=2, random_state=0).set_params(hidden_dim=7)
    assert tuner.fit(X, labels).transform(X).shape == (200, 7)


def test_string_labels_come_back_as_strings() -> None:
    """Predictions are the labels themselves, and probabilities follow ``classes_``."""
    X, labels = _data(classes=3)
    names = np.array(["card", "login", "order"])[labels]
    tuner = FeedForwardTuner(epochs=30, random_state=0).fit(X, names)
    assert tuner.classes_.tolist() == ["card", "login", "order"]
    assert (tuner.predict(X) == names).mean() > 0.95
    np.testing.assert_allclose(tuner.predict_proba(X).sum(axis=1), 1.0, rtol=1e-5)


def test_multilabel_data_is_learned_where_known() -> None:
    """Known entries are predicted; a label's probability does not depend on the others."""
    X, labels = _data()
    complete = np.stack([labels == 0, labels < 2], axis=1).astype(float)
    matrix = complete.copy()
    matrix[::3, 0], matrix[1::3, 1] = np.nan, np.nan
    tuner = FeedForwardTuner(epochs=100, random_state=0).fit(X, matrix)
    assert (tuner.predict(X) == complete).mean() > 0.95
    assert tuner.predict_proba(X).shape == (200, 2)


def test_unknown_entries_carry_no_gradient() -> None:
    """Rows whose labels are all unknown do not change the weights."""
    X, labels = _data()
    matrix = np.stack([labels == 0, labels == 1], axis=1).astype(float)
    matrix[100:] = np.nan
    moved = X.copy()
    moved[100:] += 5
    settings: dict[str, Any] = {"epochs": 5, "random_state": 0, "start": "random"}
    first, second = (FeedForwardTuner(**settings).fit(V, matrix) for V in (X, moved))
    np.testing.assert_array_equal(first.layers_[0].weight, second.layers_[0].weight)


@pytest.mark.parametrize(
    "parameters",
    [
        {"hidden_dim": 0},
        {"epochs": 0},
        {"n_networks": 0},
        {"learning_rate": 0.0},
        {"activation": "sine"},
    ],
)
def test_parameters_out_of_range_are_refused(parameters: dict[str, Any]) -> None:
    """The message names the parameter."""
    with pytest.raises(ValueError, match=next(iter(parameters))):
        FeedForwardTuner(**parameters).fit(*_data())


@pytest.mark.slow
def test_ten_thousand_vectors_need_few_epochs() -> None:
    """With 10,000 x 384 and the defaults, training stops long before 500 epochs."""
    X, labels = _data(10_000, classes=77, width=384)
    tuner = FeedForwardTuner(random_state=0).fit(X, labels)
    assert tuner.epochs == 500
    assert tuner.n_iter_ < 200
    assert tuner.score(X, labels) > 0.95
