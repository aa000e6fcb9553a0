"""Calibrated probabilities: scaling fitted on out-of-fold logits, and the calibration error.

Out-of-fold logits, float32, shape (n, labels), are those of a classifier that was not trained on
the row. ``folds`` has the number of each row's fold, shape (n,).

Single-label data has one temperature T for all labels (Guo, Pleiss, Sun and Weinberger 2017, *On
calibration of modern neural networks*). Multi-label data has a slope and an intercept for each
label (Platt 1999, *Probabilistic outputs for support vector machines*), with Platt's smoothed
targets: fitting to 1 and 0 would be overconfident on few rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit

from tunesmith.evaluation.labels.predictions import SMALLEST_PROBABILITY
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.evaluation.labels.thresholds import smoothed_thresholds
from tunesmith.results.calibration import AnsweredShare, Calibration, Reliability, ReliabilityBin
from tunesmith.vectors.linear_classifier import LinearClassifier, probabilities_of

Logits = NDArray[np.floating]
Folds = NDArray[np.integer]

BINS: Final = 15
LEVELS: Final = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99)
# With fewer known 1s or 0s, a label stays unscaled.
MIN_KNOWN: Final = 10
_LOG_TEMPERATURES: Final = (-3.0, 3.0)
_SLOPES: Final = (0.01, 100.0)


def calibrate(
    classifier: LinearClassifier, logits: Logits, targets: Targets, folds: Folds
) -> LinearClassifier:
    """Return a classifier with rescaled weights and biases, whose probabilities are calibrated.

    The scaling is fitted on out-of-fold logits of the classifier's own training rows. Single-label
    predictions do not change. The thresholds of multi-label data are chosen on the scaled
    probabilities (:func:`~tunesmith.evaluation.labels.thresholds.smoothed_thresholds`).

    Parameters
    ----------
    classifier
        A classifier trained on all rows.
    logits
        Out-of-fold logits, shape (n, labels).
    targets
        True labels of the rows, over the classifier's labels.
    folds
        Fold number of each row, shape (n,).

    Returns
    -------
    LinearClassifier
        The calibrated classifier, in the same form.

    Examples
    --------
    >>> weight, folds = np.eye(2, dtype=np.float32), np.arange(100) % 2
    >>> targets = Targets(weight[np.arange(100) // 2 % 2], ("card", "refund"), multilabel=False)
    >>> timid = LinearClassifier(weight, np.zeros(2, np.float32), targets.labels)
    >>> calibrated = calibrate(timid, timid.logits(targets.values), targets, folds)
    >>> bool(calibrated.probabilities(weight).max() > timid.probabilities(weight).max())
    True
    """
    scaling = fit_scaling(logits, targets, _trained(targets, folds))
    scaled = probabilities_of(scaling.apply(logits), multilabel=targets.multilabel)
    return replace(
        classifier,
        weight=(classifier.weight * scaling.slope[:, None]).astype(np.float32),
        bias=(classifier.bias * scaling.slope + scaling.intercept).astype(np.float32),
        thresholds=smoothed_thresholds(scaled, targets) if targets.multilabel else None,
    )


def calibrated_probabilities(logits: Logits, targets: Targets, folds: Folds) -> NDArray[np.float32]:
    """Return each row's probabilities after scaling fitted on the other folds, shape (n, labels).

    So no row's own label affects its probabilities.

    Parameters
    ----------
    logits
        Out-of-fold logits, shape (n, labels).
    targets
        True labels of the rows.
    folds
        Fold number of each row, shape (n,).

    Returns
    -------
    NDArray
        Cross-fitted probabilities, float32.

    Examples
    --------
    >>> logits, folds = np.float32([[2, 0], [0, 2]] * 20), np.arange(40) // 2 % 2
    >>> targets = Targets((logits > 1).astype(np.float32), ("card", "refund"), multilabel=False)
    >>> bool(calibrated_probabilities(logits, targets, folds)[0, 0] > 0.95)
    True
    """
    probabilities = np.zeros(logits.shape, dtype=np.float32)
    for rows, _, scaling in _cross_fitted(logits, targets, folds):
        scaled = scaling.apply(logits[rows])
        probabilities[rows] = probabilities_of(scaled, multilabel=targets.multilabel)
    return probabilities


def calibrated_predictions(logits: Logits, targets: Targets, folds: Folds) -> NDArray[np.bool_]:
    """Return the labels predicted for each row, with scaling and thresholds of the other folds.

    So the scores of these predictions hold for new rows.

    Parameters
    ----------
    logits
        Out-of-fold logits, shape (n, labels).
    targets
        True labels of the rows.
    folds
        Fold number of each row, shape (n,).

    Returns
    -------
    NDArray
        Whether each label is predicted, shape (n, labels): one per row for single-label data.

    Examples
    --------
    >>> logits, folds = np.float32([[2, -2], [-2, 1]] * 20), np.arange(40) // 2 % 2
    >>> targets = Targets((logits > 0).astype(np.float32), ("card", "refund"), multilabel=True)
    >>> calibrated_predictions(logits, targets, folds)[:2].tolist()
    [[True, False], [False, True]]
    """
    if not targets.multilabel:
        return np.asarray(logits.argmax(axis=1)[:, None] == np.arange(logits.shape[1]))
    given = np.zeros(logits.shape, dtype=np.bool_)
    for rows, others, scaling in _cross_fitted(logits, targets, folds):
        scaled = probabilities_of(scaling.apply(logits), multilabel=True)
        thresholds = smoothed_thresholds(scaled[others], targets.take(others))
        given[rows] = scaled[rows] >= thresholds
    return given


def measure_calibration(logits: Logits, targets: Targets, folds: Folds) -> Calibration:
    """Return the calibration error, reliability plot and answered shares of out-of-fold rows.

    The expected calibration error sorts predictions by probability into 15 bins with equal counts
    (equal probabilities stay together) and takes the mean of ``|accuracy - mean probability|``,
    weighted by count. Single-label data counts the most probable label of each row, multi-label
    data every known entry. Values after scaling are cross-fitted, as in
    :func:`calibrated_probabilities`.

    Parameters
    ----------
    logits
        Out-of-fold logits, shape (n, labels).
    targets
        True labels of the rows.
    folds
        Fold number of each row, shape (n,).

    Returns
    -------
    Calibration
        The result for the summary of a fit.

    Examples
    --------
    >>> logits, folds = np.float32([[2, 0], [0, 2]] * 20), np.arange(40) // 2 % 2
    >>> targets = Targets((logits > 1).astype(np.float32), ("card", "refund"), multilabel=False)
    >>> measured = measure_calibration(logits, targets, folds)
    >>> measured.method, round(measured.before.error, 3)
    ('temperature scaling', 0.119)
    """
    before = probabilities_of(logits, multilabel=targets.multilabel)
    after = calibrated_probabilities(logits, targets, folds)
    temperature = None
    if not targets.multilabel:
        temperature = 1 / float(fit_scaling(logits, targets, _trained(targets, folds)).slope[0])
    return Calibration(
        method="Platt scaling" if targets.multilabel else "temperature scaling",
        temperature=temperature,
        before=reliability(before, targets),
        after=reliability(after, targets),
        answered=answered_shares(after, targets),
    )


def logits_of(probabilities: NDArray[np.floating], *, multilabel: bool) -> NDArray[np.float32]:
    """Return logits with these probabilities, for a classifier that only has probabilities.

    Examples
    --------
    >>> logits_of(np.array([[0.5, 0.9]]), multilabel=True).round(2)
    array([[0. , 2.2]], dtype=float32)
    """
    likely = np.clip(probabilities.astype(np.float64), SMALLEST_PROBABILITY, 1)
    if not multilabel:
        return np.log(likely).astype(np.float32)
    unlikely = np.clip(1 - probabilities.astype(np.float64), SMALLEST_PROBABILITY, 1)
    return (np.log(likely) - np.log(unlikely)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Scaling:
    """A slope and an intercept for the logits of each label, each shape (labels,)."""

    slope: NDArray[np.float64]
    intercept: NDArray[np.float64]

    def apply(self, logits: Logits) -> NDArray[np.float64]:
        """Return the scaled logits."""
        return np.asarray(logits * self.slope + self.intercept)


def fit_scaling(logits: Logits, targets: Targets, trained: NDArray[np.bool_]) -> Scaling:
    """Fit a temperature, or Platt scaling for multi-label data.

    Parameters
    ----------
    logits
        Logits of rows that the classifiers had not seen, shape (n, labels).
    targets
        True labels of the rows.
    trained
        Whether the classifier of the row could learn the label, shape (n, labels). If it could
        not, its logit is arbitrary and is left out.
    """
    labels = logits.shape[1]
    if targets.multilabel:
        usable = targets.known & trained
        pairs = [
            _platt(logits[usable[:, label], label], targets.positive[usable[:, label], label])
            for label in range(labels)
        ]
        slope, intercept = np.array(pairs).T
        return Scaling(slope, intercept)
    usable_rows = (trained & targets.positive).any(axis=1)
    temperature = _temperature(logits[usable_rows], targets.codes[usable_rows])
    return Scaling(np.full(labels, 1 / temperature), np.zeros(labels))


def reliability(probabilities: NDArray[np.floating], targets: Targets) -> Reliability:
    """Return the expected calibration error, the log loss and the points of a reliability plot."""
    sure, correct = _predictions(probabilities, targets)
    bins = tuple(_bins(sure, correct))
    error = sum(each.count * abs(each.accuracy - each.probability) for each in bins)
    return Reliability(error / max(len(sure), 1), _log_loss(probabilities, targets), bins)


def answered_shares(
    probabilities: NDArray[np.floating], targets: Targets
) -> tuple[AnsweredShare, ...]:
    """Return the share of answered texts and their accuracy at each level of ``LEVELS``.

    A text is answered if its most probable label is at least as probable as the level. Texts in
    which that label is unknown do not count for the accuracy.
    """
    best = probabilities.argmax(axis=1)
    rows = np.arange(len(best))
    sure = probabilities[rows, best]
    known, correct = targets.known[rows, best], targets.positive[rows, best]
    return tuple(
        AnsweredShare(
            level, float((sure >= level).mean()), _mean_or_none(correct[known & (sure >= level)])
        )
        for level in LEVELS
    )


def splits_of(folds: Folds) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the positions of each fold's rows, and of all others."""
    for number in np.unique(folds):
        yield np.flatnonzero(folds == number), np.flatnonzero(folds != number)


def _cross_fitted(
    logits: Logits, targets: Targets, folds: Folds
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Scaling]]:
    """Yield the positions of each fold's rows, of all others, and the scaling of the others."""
    trained = _trained(targets, folds)
    for rows, others in splits_of(folds):
        yield rows, others, fit_scaling(logits[others], targets.take(others), trained[others])


def _trained(targets: Targets, folds: Folds) -> NDArray[np.bool_]:
    """Return whether the other folds have the label (multi-label: 1s and 0s), (n, labels)."""
    trained = np.zeros(targets.values.shape, dtype=np.bool_)
    for rows, others in splits_of(folds):
        seen = targets.take(others)
        found = seen.positive.any(axis=0)
        if targets.multilabel:
            found &= (seen.known & ~seen.positive).any(axis=0)
        trained[rows] = found
    return trained


def _temperature(logits: Logits, codes: NDArray[np.int64]) -> float:
    if len(codes) == 0 or logits.shape[1] < 2:
        return 1.0
    rows = np.arange(len(codes))
    centred = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    true = centred[rows, codes]
    others = centred.copy()
    others[rows, codes] = -np.inf
    # One imagined row labelled with the runner-up: else T is 0 if every row is correct.
    imagined = others.max(axis=1).mean()

    def loss(log_temperature: float) -> float:
        inverse = np.exp(-log_temperature)
        # The largest logit of a row is 0, so nothing overflows (logsumexp takes ten times as long).
        total = np.log(np.exp(centred * inverse).sum(axis=1))
        return float((total - true * inverse).sum() + total.mean() - imagined * inverse)

    found = minimize_scalar(loss, bounds=_LOG_TEMPERATURES, method="bounded")
    return float(np.exp(found.x))


def _platt(logits: Logits, positive: NDArray[np.bool_]) -> tuple[float, float]:
    ones, zeros = int(positive.sum()), int((~positive).sum())
    if min(ones, zeros) < MIN_KNOWN:
        return 1.0, 0.0
    wide = logits.astype(np.float64)
    target = np.where(positive, (ones + 1) / (ones + 2), 1 / (zeros + 2))

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scaled = parameters[0] * wide + parameters[1]
        residual = expit(scaled) - target
        value = float((np.logaddexp(0, scaled) - target * scaled).mean())
        return value, np.array([(residual * wide).mean(), residual.mean()])

    bounds = (_SLOPES, (None, None))
    slope, intercept = minimize(loss, (1.0, 0.0), jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(slope), float(intercept)


def _predictions(
    probabilities: NDArray[np.floating], targets: Targets
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the probability of each prediction, and whether it is correct."""
    wide = probabilities.astype(np.float64)
    if targets.multilabel:
        return wide[targets.known], targets.positive[targets.known]
    return wide.max(axis=1), wide.argmax(axis=1) == targets.codes


def _bins(sure: NDArray[np.float64], correct: NDArray[np.bool_]) -> Iterator[ReliabilityBin]:
    if len(sure) == 0:
        return
    starts = np.sort(sure)[np.arange(1, BINS) * len(sure) // BINS]
    places = np.searchsorted(np.unique(starts), sure, side="right")
    for place in np.unique(places):
        own = places == place
        yield ReliabilityBin(float(sure[own].mean()), float(correct[own].mean()), int(own.sum()))


def _log_loss(probabilities: NDArray[np.floating], targets: Targets) -> float:
    likely = np.clip(probabilities.astype(np.float64), SMALLEST_PROBABILITY, 1)
    losses = -np.log(likely[targets.positive])
    if targets.multilabel:
        zeros = targets.known & ~targets.positive
        unlikely = np.clip(1 - probabilities[zeros].astype(np.float64), SMALLEST_PROBABILITY, 1)
        losses = np.concatenate([losses, -np.log(unlikely)])
    return float(losses.mean()) if len(losses) else 0.0


def _mean_or_none(values: NDArray[np.bool_]) -> float | None:
    return float(values.mean()) if len(values) else None
