"""Scaling makes probabilities honest, keeps the file format, and is measured out of fold."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_softmax

from tunesmith.evaluation.labels.calibration import (
    LEVELS,
    answered_shares,
    calibrate,
    calibrated_predictions,
    calibrated_probabilities,
    logits_of,
    measure_calibration,
    reliability,
)
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.evaluation.labels.thresholds import smoothed_thresholds
from tunesmith.vectors.linear_classifier import LinearClassifier, probabilities_of

FOLDS = 5


def single(
    n: int, temperature: float, seed: int = 0, labels: int = 4
) -> tuple[NDArray[np.float32], Targets, NDArray[np.int64]]:
    """Logits whose probabilities are right at the temperature, labels drawn from them, folds."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=2, size=(n, labels))
    codes = np.array([rng.choice(labels, p=row) for row in np.exp(log_softmax(logits, axis=1))])
    names = tuple(f"label {index}" for index in range(labels))
    targets = Targets(np.eye(labels, dtype=np.float32)[codes], names, multilabel=False)
    return (logits * temperature).astype(np.float32), targets, np.arange(n) % FOLDS


def several(
    n: int, slope: float, intercept: float, seed: int = 0
) -> tuple[NDArray[np.float32], Targets, NDArray[np.int64]]:
    """Logits of two labels that are right after this scaling; a fifth of the labels is unknown."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=2, size=(n, 2)) - 1
    values = (rng.random((n, 2)) < expit(logits)).astype(np.float32)
    values[rng.random((n, 2)) < 0.2] = np.nan
    targets = Targets(values, ("a", "b"), multilabel=True)
    return ((logits - intercept) / slope).astype(np.float32), targets, np.arange(n) % FOLDS


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_the_temperature_is_found(temperature: float) -> None:
    """The classifier's weights and biases are divided by it, and predictions stay."""
    logits, targets, folds = single(4000, temperature)
    weight = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    classifier = LinearClassifier(weight, np.arange(4, dtype=np.float32), targets.labels)
    calibrated = calibrate(classifier, logits, targets, folds)
    found = measure_calibration(logits, targets, folds)
    assert found.temperature is not None
    assert found.temperature == pytest.approx(temperature, rel=0.06)
    np.testing.assert_allclose(calibrated.weight * found.temperature, classifier.weight, rtol=1e-5)
    np.testing.assert_allclose(calibrated.bias * found.temperature, classifier.bias, rtol=1e-5)
    assert calibrated.weight.dtype == calibrated.bias.dtype == np.float32
    vectors = np.random.default_rng(2).normal(size=(50, 3))
    assert calibrated.predict(vectors) == classifier.predict(vectors)


def test_the_error_falls_and_good_probabilities_stay() -> None:
    """Overconfident probabilities are repaired; a small error remains from counting."""
    found = measure_calibration(*single(3000, 4.0))
    assert found.before.error > 0.15
    assert found.after.error < 0.03
    assert found.after.log_loss < found.before.log_loss
    calm = measure_calibration(*single(3000, 1.0))
    assert calm.after.error < 0.03
    assert calm.after.log_loss == pytest.approx(calm.before.log_loss, abs=0.005)


def test_platt_scaling_is_found() -> None:
    """Slope and intercept of each label, from its known entries."""
    logits, targets, folds = several(6000, 2.5, -0.8)
    one = np.ones((2, 1), dtype=np.float32)
    halves = np.full(2, 0.5, dtype=np.float32)
    calibrated = calibrate(
        LinearClassifier(one, np.zeros(2, np.float32), ("a", "b"), halves), logits, targets, folds
    )
    np.testing.assert_allclose(calibrated.weight[:, 0], 2.5, rtol=0.12)
    np.testing.assert_allclose(calibrated.bias, -0.8, atol=0.15)
    assert calibrated.thresholds is not None
    scaled = calibrated.probabilities(logits[:, :1])
    expected = smoothed_thresholds(scaled, targets)
    np.testing.assert_allclose(calibrated.thresholds[0], expected[0], atol=1e-4)
    found = measure_calibration(logits, targets, folds)
    assert (found.method, found.temperature) == ("Platt scaling", None)
    assert found.after.error < 0.03 < found.before.error


def test_predictions_use_thresholds_of_the_other_folds() -> None:
    """Other labels in a fold change no prediction of its own rows."""
    logits, targets, folds = several(300, 0.5, 1.0)
    values = targets.values.copy()
    values[folds == 2] = 1 - values[folds == 2]
    changed = Targets(values, targets.labels, multilabel=True)
    before = calibrated_predictions(logits, targets, folds)
    after = calibrated_predictions(logits, changed, folds)
    np.testing.assert_array_equal(before[folds == 2], after[folds == 2])
    assert (before != after)[folds != 2].any()
    alone, codes, parts = single(50, 1.0)
    given = calibrated_predictions(alone, codes, parts)
    np.testing.assert_array_equal(given.argmax(axis=1), alone.argmax(axis=1))
    assert (given.sum(axis=1) == 1).all()


def test_platt_scaling_has_smoothed_targets() -> None:
    """The same minimum as of the formula in the paper, also where the classes are separable."""
    logits = np.linspace(-3, 3, 60)[:, None].astype(np.float32)
    targets = Targets((logits > 0).astype(np.float32), ("a",), multilabel=True)
    one, zero = np.ones((1, 1), np.float32), np.zeros(1, np.float32)
    classifier = LinearClassifier(one, zero, ("a",), np.full(1, 0.5, np.float32))
    found = calibrate(classifier, logits, targets, np.arange(60) % 2)
    smooth = np.where(logits[:, 0] > 0, 31 / 32, 1 / 32)

    def loss(parameters: NDArray[np.float64]) -> float:
        likely = expit(parameters[0] * logits[:, 0] + parameters[1])
        return float(-(smooth * np.log(likely) + (1 - smooth) * np.log(1 - likely)).sum())

    expected = minimize(loss, (1.0, 0.0)).x
    assert float(found.weight[0, 0]) == pytest.approx(expected[0], rel=0.01)
    assert float(found.bias[0]) == pytest.approx(expected[1], abs=0.01)


def test_a_label_with_few_known_entries_stays_unscaled() -> None:
    """Nine 1s are too few; the other label is scaled."""
    logits, targets, folds = several(2000, 3.0, 0.0)
    values = targets.values.copy()
    values[np.flatnonzero(values[:, 0] == 1)[9:], 0] = np.nan
    one = np.ones((2, 1), dtype=np.float32)
    classifier = LinearClassifier(one, np.zeros(2, np.float32), ("a", "b"), np.ones(2, np.float32))
    few = Targets(values, targets.labels, multilabel=True)
    calibrated = calibrate(classifier, logits, few, folds)
    assert (calibrated.weight[0, 0], calibrated.bias[0]) == (1, 0)
    assert calibrated.weight[1, 0] > 2


def test_a_label_is_never_turned_around() -> None:
    """Logits that contradict the labels give the base rate, not the opposite."""
    logits, targets, folds = several(2000, 1.0, 0.0)
    probabilities = calibrated_probabilities(-logits, targets, folds)
    own = folds == 0
    order = np.argsort(-logits[own, 0])
    assert (np.diff(probabilities[own, 0][order]) >= 0).all()
    assert float(probabilities.std(axis=0).max()) < 0.05


def test_each_fold_is_scaled_by_the_others() -> None:
    """Other labels in a fold change the probabilities of all rows but its own."""
    logits, targets, folds = single(500, 3.0)
    values = targets.values.copy()
    values[folds == 2] = np.roll(values[folds == 2], 1, axis=1)
    changed = Targets(values, targets.labels, multilabel=False)
    before = calibrated_probabilities(logits, targets, folds)
    after = calibrated_probabilities(logits, changed, folds)
    same = (before == after).all(axis=1)
    assert same[folds == 2].all()
    assert not same[folds != 2].any()


def test_the_error_is_not_measured_on_the_rows_of_the_scaling() -> None:
    """On labels without any signal, scaling cannot look better than the base rate."""
    rng = np.random.default_rng(3)
    logits = rng.normal(scale=5, size=(400, 3)).astype(np.float32)
    targets = Targets(np.eye(3, dtype=np.float32)[rng.integers(0, 3, 400)], ("a", "b", "c"), False)
    found = measure_calibration(logits, targets, np.arange(400) % FOLDS)
    assert np.log(3) - 0.01 < found.after.log_loss < 1.15 < found.before.log_loss


def test_perfect_predictions_do_not_give_certainty() -> None:
    """Without an error among n rows, about one in n is expected."""
    targets = Targets(np.eye(2, dtype=np.float32)[np.arange(100) % 2], ("a", "b"), False)
    probabilities = calibrated_probabilities(
        targets.values * 2, targets, np.arange(100) // 2 % FOLDS
    )
    sure = probabilities.max(axis=1)
    assert (sure > 0.97).all()
    assert (sure < 0.999).all()


def test_a_class_with_a_single_row_does_not_move_the_temperature() -> None:
    """No classifier could have predicted it; its row still counts as an error."""
    logits, targets, folds = single(300, 2.0)
    wide = np.full((301, 5), -30.0, dtype=np.float32)
    wide[:300, :4], wide[300, :4] = logits, [9, 0, 0, 0]
    values = np.zeros((301, 5), dtype=np.float32)
    values[:300, :4], values[300, 4] = targets.values, 1
    rare = Targets(values, (*targets.labels, "rare"), multilabel=False)
    found = measure_calibration(wide, rare, np.append(folds, 0))
    alone = measure_calibration(logits, targets, folds)
    assert found.temperature == pytest.approx(alone.temperature, rel=1e-3)
    assert sum(each.count for each in found.after.bins) == 301


def test_bins_have_equal_counts_and_equal_probabilities_stay_together() -> None:
    """The error is the weighted distance of accuracy and probability, as computed naively."""
    rng = np.random.default_rng(0)
    likely = np.round(rng.random(600), 3)
    values = (rng.random(600) < likely**2).astype(np.float32)[:, None]
    targets = Targets(values, ("a",), multilabel=True)
    found = reliability(likely[:, None], targets)
    assert len(found.bins) == 15
    assert all(35 <= each.count <= 45 for each in found.bins)
    order, edges = np.argsort(likely, kind="stable"), np.cumsum([b.count for b in found.bins])
    parts = np.split(order, edges[:-1])
    gaps = [abs(values[part].mean() - likely[part].mean()) * len(part) for part in parts]
    assert found.error == pytest.approx(sum(gaps) / 600, abs=1e-9)
    assert not set(likely[parts[0]]) & set(likely[parts[1]])
    shuffled = rng.permutation(600)
    again = reliability(likely[shuffled, None], targets.take(shuffled))
    assert again.error == pytest.approx(found.error)
    (one,) = reliability(np.full((9, 1), 0.5), targets.take(np.arange(9))).bins
    assert (one.count, one.probability) == (9, 0.5)


def test_answers_are_counted_from_the_least_sure() -> None:
    """Share and accuracy at each level; None where no text is answered."""
    probabilities = np.array([[0.96, 0.04], [0.3, 0.7], [0.52, 0.48], [0.9, 0.1]])
    targets = Targets(np.eye(2, dtype=np.float32)[[0, 0, 0, 0]], ("a", "b"), multilabel=False)
    found = {each.min_probability: each for each in answered_shares(probabilities, targets)}
    assert tuple(found) == LEVELS
    assert (found[0.5].share, found[0.5].accuracy) == (1.0, 0.75)
    assert (found[0.6].share, found[0.6].accuracy) == (0.75, 2 / 3)
    assert (found[0.9].share, found[0.9].accuracy) == (0.5, 1.0)
    assert (found[0.99].share, found[0.99].accuracy) == (0.0, None)


def test_an_unknown_label_does_not_count_for_the_accuracy() -> None:
    """The text is answered; whether correctly is unknown."""
    values = np.array([[1, np.nan], [np.nan, 0], [0, 1]], dtype=np.float32)
    probabilities = np.array([[0.9, 0.2], [0.8, 0.1], [0.7, 0.6]])
    first = answered_shares(probabilities, Targets(values, ("a", "b"), multilabel=True))[0]
    assert (first.share, first.accuracy) == (1.0, 0.5)


@pytest.mark.parametrize("multilabel", [False, True])
def test_logits_come_back_from_probabilities(multilabel: bool) -> None:
    """Logits from probabilities give the same result as the logits themselves."""
    logits, targets, folds = several(400, 1, 0) if multilabel else single(400, 2.0)
    probabilities = probabilities_of(logits, multilabel=multilabel)
    again = logits_of(probabilities, multilabel=multilabel)
    expected = calibrated_probabilities(logits, targets, folds)
    np.testing.assert_allclose(calibrated_probabilities(again, targets, folds), expected, atol=1e-3)


def test_the_result_is_json() -> None:
    """Plain numbers only, also where nothing is answered or known."""
    for logits, targets, folds in (single(30, 1.0), several(30, 1.0, 0.0)):
        text = json.dumps(asdict(measure_calibration(logits, targets, folds)), allow_nan=False)
        assert len(json.loads(text)["answered"]) == len(LEVELS)
    unknown = Targets(np.full((4, 1), np.nan, np.float32), ("a",), multilabel=True)
    found = measure_calibration(np.zeros((4, 1), np.float32), unknown, np.arange(4) % 2)
    assert (found.after.error, found.after.bins, found.after.log_loss) == (0, (), 0)
