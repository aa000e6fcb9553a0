"""Thresholds of multi-label data: the best F1 with many 1s, the best expected F1 with few."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from tunesmith.evaluation.labels.targets import Targets
from tunesmith.evaluation.labels.thresholds import EQUAL_WEIGHT, smoothed_thresholds


def drawn(n: int, seed: int = 0) -> tuple[NDArray[np.float64], Targets]:
    """Return calibrated probabilities and labels drawn from them."""
    rng = np.random.default_rng(seed)
    likely = rng.beta(0.4, 3, size=(n, 1))
    values = (rng.random((n, 1)) < likely).astype(np.float32)
    return likely, Targets(values, ("a",), multilabel=True)


def smoothed_f1(likely: NDArray[np.float64], positive: NDArray[np.bool_], level: float) -> float:
    """Return the smoothed F1 at a threshold, as in the docstring."""
    weight = positive.sum() / (positive.sum() + EQUAL_WEIGHT)
    hits = weight * positive + (1 - weight) * likely
    given = likely >= level
    return float(2 * hits[given].sum() / (given.sum() + hits.sum()))


@pytest.mark.parametrize("n", [20, 200])
def test_no_other_threshold_is_better(n: int) -> None:
    """Compared with a fine grid."""
    likely, targets = drawn(n)
    (chosen,) = smoothed_thresholds(likely, targets)
    positive = targets.positive[:, 0]
    best = max(smoothed_f1(likely[:, 0], positive, level) for level in np.linspace(0, 1, 2001))
    assert smoothed_f1(likely[:, 0], positive, float(chosen)) >= best - 1e-6


def test_many_ones_give_the_best_f1() -> None:
    """Within a thousandth on 5,000 rows."""
    likely, targets = drawn(5000)
    (chosen,) = smoothed_thresholds(likely, targets)
    true = targets.positive[:, 0]
    best = max(f1_score(true, likely[:, 0] >= level) for level in np.linspace(0, 1, 201))
    assert f1_score(true, likely[:, 0] >= chosen) >= best - 0.002


def test_it_varies_less_than_the_best_f1() -> None:
    """On 60 rows drawn again and again, and its F1 on other rows is higher."""
    other, other_targets = drawn(4000, seed=999)
    true = other_targets.positive[:, 0]
    chosen, plain = [], []
    for seed in range(25):
        likely, targets = drawn(60, seed)
        chosen.append(float(smoothed_thresholds(likely, targets)[0]))
        levels = np.unique(likely)
        scores = [f1_score(targets.positive[:, 0], likely[:, 0] >= level) for level in levels]
        plain.append(float(levels[int(np.argmax(scores))]))
    assert np.std(chosen) < np.std(plain) / 2
    gains = [
        f1_score(true, other[:, 0] >= one) - f1_score(true, other[:, 0] >= two)
        for one, two in zip(chosen, plain, strict=True)
    ]
    assert np.mean(gains) > 0.02


def test_equal_probabilities_are_not_divided_and_no_one_gives_a_half() -> None:
    """All four texts have one probability; the second label has no known 1."""
    values = np.array([[1, 0], [0, np.nan], [1, 0], [0, 0]], dtype=np.float32)
    targets = Targets(values, ("a", "b"), multilabel=True)
    thresholds = smoothed_thresholds(np.full((4, 2), 0.4), targets)
    assert 0 < thresholds[0] <= 0.4
    assert thresholds[1] == 0.5
