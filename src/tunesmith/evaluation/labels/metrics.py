"""Classification metrics as functions of item weights, fast for thousands of resamples.

The weight of an item is how often it counts: all ones give the metric itself, multinomial counts
give a bootstrap resample. Every function takes weights of shape (resamples, n) and returns the
metric of each resample, shape (resamples,).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.item_scores import Values, Weights
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.targets import Targets


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Precision, recall and F1 of each label in each resample, shape (resamples, labels).

    A label that is never predicted has precision 0; a label without a true item has recall 0.
    """

    precision: Values
    recall: Values
    f1: Values
    present: NDArray[np.bool_]


def class_scores(weights: Weights, predictions: Predictions, targets: Targets) -> ClassScores:
    """Return precision, recall and F1 of each label in each resample."""
    given = predictions.given & targets.known
    hits = _count(weights, given & targets.positive)
    predicted, true = _count(weights, given), _count(weights, targets.positive)
    return ClassScores(
        precision=hits / np.maximum(predicted, 1),
        recall=hits / np.maximum(true, 1),
        f1=2 * hits / np.maximum(predicted + true, 1),
        present=true > 0,
    )


def accuracy(weights: Weights, predictions: Predictions, targets: Targets) -> Values:
    """Share of correct labels; for multi-label data, share of correct known entries."""
    return _ratio(weights, predictions.correct, predictions.entries)


def neighbour_accuracy(weights: Weights, predictions: Predictions, targets: Targets) -> Values:
    """Accuracy of the vote of the five nearest training vectors."""
    return _ratio(weights, predictions.neighbours_correct, predictions.entries)


def log_loss(weights: Weights, predictions: Predictions, targets: Targets) -> Values:
    """Mean negative log-likelihood of the true labels, in nats."""
    return _ratio(weights, predictions.loss, predictions.entries)


def macro_f1(weights: Weights, predictions: Predictions, targets: Targets) -> Values:
    """Mean F1 over the labels that occur."""
    scores = class_scores(weights, predictions, targets)
    return _mean_present(scores.f1, scores.present)


def macro_precision(weights: Weights, predictions: Predictions, targets: Targets) -> Values:
    """Mean precision over the labels that occur."""
    scores = class_scores(weights, predictions, targets)
    return _mean_present(scores.precision, scores.present)


def macro_recall(weights: Weights, predictions: Predictions, targets: Targets) -> Values:
    """Mean recall over the labels that occur."""
    scores = class_scores(weights, predictions, targets)
    return _mean_present(scores.recall, scores.present)


METRICS: dict[str, Callable[[Weights, Predictions, Targets], Values]] = {
    "accuracy": accuracy,
    "macro F1": macro_f1,
    "macro precision": macro_precision,
    "macro recall": macro_recall,
    "log loss": log_loss,
    "5-NN accuracy": neighbour_accuracy,
}
COSTS = frozenset({"log loss"})


def _count(weights: Weights, matrix: NDArray[np.bool_]) -> Values:
    return np.asarray(weights @ matrix.astype(np.float32), dtype=np.float64)


def _ratio(weights: Weights, numerator: Values, denominator: Values) -> Values:
    wide = weights.astype(np.float64)
    return np.asarray(wide @ numerator / np.maximum(wide @ denominator, 1))


def _mean_present(scores: Values, present: NDArray[np.bool_]) -> Values:
    counts = np.maximum(present.sum(axis=1), 1)
    return np.asarray(np.where(present, scores, 0).sum(axis=1) / counts)
