"""The linear probe: logistic regression on vectors, the same for every candidate."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from tunesmith.evaluation.labels.targets import Targets
from tunesmith.threads import one_thread
from tunesmith.vectors.linear_classifier import LinearClassifier

# Values of C (inverse regularisation strength); for unit vectors, 1 is strong and 100 weak.
STRENGTHS = (1.0, 5.0, 25.0, 100.0)
# The logit of a label without an example.
NEVER = -30.0


@dataclass(frozen=True, eq=False)
class Probe:
    """A fitted classifier and its inverse regularisation strength."""

    classifier: LinearClassifier
    C: float


def fit_probe(vectors: NDArray[np.float32], targets: Targets, C: float) -> Probe:
    """Fit logistic regression, one per label for multi-label data.

    Rows in which a label is unknown are not used for that label; they do not count as negatives.
    If all rows, or all known rows of a label, have the same value, the prediction is constant.
    Thresholds of multi-label data are 0.5 until :func:`choose_thresholds` sets them.

    Parameters
    ----------
    vectors
        Training vectors, float32, shape (n, d).
    targets
        Labels of the vectors.
    C
        Inverse regularisation strength, as in scikit-learn.

    Returns
    -------
    Probe
        The fitted classifier and its ``C``.

    Examples
    --------
    >>> vectors = np.float32([[1, 0], [0, 1]])
    >>> targets = Targets(np.eye(2, dtype=np.float32), ("card", "refund"), multilabel=False)
    >>> fit_probe(vectors, targets, C=10.0).classifier.predict(np.float32([[0.2, 0.9]]))
    [('refund',)]
    """
    if targets.multilabel:
        with one_thread():
            return Probe(_fit_each_label(vectors, targets, C), C)
    weight = np.zeros((len(targets.labels), vectors.shape[1]))
    bias = np.full(len(targets.labels), NEVER)
    present = np.unique(targets.codes)
    weight[present], bias[present] = _one_label(vectors, targets.codes, C)
    return Probe(_classifier(weight, bias, targets.labels), C)


def choose_probe(
    vectors: NDArray[np.float32],
    targets: Targets,
    validation_vectors: NDArray[np.float32],
    validation_targets: Targets,
    strengths: Sequence[float] = STRENGTHS,
) -> Probe:
    """Fit a probe for each ``C`` and keep the one with the lowest log loss on validation."""
    with one_thread():
        probes = [fit_probe(vectors, targets, C) for C in strengths]
    losses = [
        _validation_loss(probe.classifier, validation_vectors, validation_targets)
        for probe in probes
    ]
    return probes[int(np.argmin(losses))]


def choose_thresholds(probabilities: NDArray[np.float32], targets: Targets) -> NDArray[np.float32]:
    """Return the threshold with the best F1 on these items for each label, shape (labels,).

    Ties go to the threshold nearest to 0.5. A label without a known positive keeps 0.5.

    Parameters
    ----------
    probabilities
        Predicted probabilities, shape (n, labels).
    targets
        True labels of the items.
    """
    return np.array(
        [
            _best_threshold(
                probabilities[targets.known[:, column], column],
                targets.positive[targets.known[:, column], column],
            )
            for column in range(probabilities.shape[1])
        ],
        dtype=np.float32,
    )


def _one_label(
    vectors: NDArray[np.float32], y: NDArray[np.int64], C: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weights and biases of the labels that occur."""
    if (y == y[0]).all():
        return np.zeros((1, vectors.shape[1])), np.zeros(1)
    model = _logistic(vectors, y, C)
    weight, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        return np.vstack([-weight / 2, weight / 2]), np.concatenate([-bias / 2, bias / 2])
    return weight, bias


def _logistic(vectors: NDArray[np.float32], y: NDArray[np.int64], C: float) -> LogisticRegression:
    model = LogisticRegression(C=C, max_iter=200, tol=1e-4)
    # The products are so small that several threads wait for each other longer than they work.
    with warnings.catch_warnings(), one_thread():
        # A probe very close to its optimum gives the same predictions.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        return model.fit(vectors, y)


def _classifier(
    weight: NDArray[np.float64],
    bias: NDArray[np.float64],
    labels: tuple[str, ...],
    thresholds: NDArray[np.float32] | None = None,
) -> LinearClassifier:
    return LinearClassifier(
        np.ascontiguousarray(weight, dtype=np.float32),
        np.ascontiguousarray(bias, dtype=np.float32),
        labels,
        thresholds,
    )


def _fit_each_label(vectors: NDArray[np.float32], targets: Targets, C: float) -> LinearClassifier:
    weight = np.zeros((len(targets.labels), vectors.shape[1]))
    bias = np.zeros(len(targets.labels))
    for column in range(len(targets.labels)):
        known = targets.known[:, column]
        y = targets.positive[known, column]
        if y.any() and not y.all():
            model = _logistic(vectors[known], y.astype(np.int64), C)
            weight[column], bias[column] = model.coef_[0], model.intercept_[0]
        else:
            bias[column] = -NEVER if y.any() else NEVER
    halves = np.full(len(targets.labels), 0.5, dtype=np.float32)
    return _classifier(weight, bias, targets.labels, halves)


def _validation_loss(
    classifier: LinearClassifier, vectors: NDArray[np.float32], targets: Targets
) -> float:
    probabilities = np.clip(classifier.probabilities(vectors).astype(np.float64), 1e-7, 1 - 1e-7)
    positive, known = targets.positive, targets.known
    loss = -np.log(probabilities[positive]).sum()
    if targets.multilabel:
        loss -= np.log(1 - probabilities[known & ~positive]).sum()
    return float(loss)


def _best_threshold(probabilities: NDArray[np.float32], positive: NDArray[np.bool_]) -> float:
    if not positive.any():
        return 0.5
    levels = np.unique(probabilities)
    candidates = np.concatenate([[0.5], (levels[1:] + levels[:-1]) / 2])
    given = probabilities[None, :] >= candidates[:, None]
    hits = (given & positive).sum(axis=1)
    f1 = 2 * hits / (given.sum(axis=1) + positive.sum())
    best = candidates[f1 >= f1.max() - 1e-12]
    return float(best[np.abs(best - 0.5).argmin()])
