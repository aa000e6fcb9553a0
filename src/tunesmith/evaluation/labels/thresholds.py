"""Probability thresholds of multi-label data with a high F1, also for labels with few 1s."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.labels.targets import Targets

# The number of 1s at which observed and expected hits have equal weight.
EQUAL_WEIGHT: Final = 20


def smoothed_thresholds(
    probabilities: NDArray[np.floating], targets: Targets
) -> NDArray[np.float32]:
    """Return the threshold with the best smoothed F1 for each label, shape (labels,).

    On few 1s, the threshold with the best F1 overfits. So a text counts as a hit by a mixture of
    its label and its probability: a label with n 1s has weight n / (n + 20), the probability the
    rest. With few 1s, this is the threshold with the best expected F1, which depends on the
    probabilities only; with many, it is the threshold with the best F1.

    Parameters
    ----------
    probabilities
        Calibrated probabilities of rows that the classifier had not seen, shape (n, labels).
    targets
        True labels of the rows.

    Returns
    -------
    NDArray
        Thresholds, float32; 0.5 for a label without a known 1.

    Notes
    -----
    Macro F1 on other rows than those of the thresholds, logistic regression on vectors of
    all-MiniLM-L6-v2, means of three values of C and three draws (``bench/calibration.py``):

    ======================================  =====  =======  ========
    data                                    0.5    best F1  smoothed
    ======================================  =====  =======  ========
    embetter: 2,209 rows, tested on 261     0.194  0.666    0.700
    embetter: 130 to 1,200 rows, the rest   0.304  0.352    0.361
    Banking77: 300 to 3,000 rows, 4,000     0.608  0.722    0.762
    ======================================  =====  =======  ========

    Examples
    --------
    >>> targets = Targets(np.float32([[1], [1], [0], [0]]), ("card",), multilabel=True)
    >>> smoothed_thresholds(np.float32([[0.6], [0.3], [0.1], [0.1]]), targets)
    array([0.2], dtype=float32)
    """
    known, positive = targets.known, targets.positive
    return np.array(
        [
            _smoothed_threshold(
                probabilities[known[:, label], label], positive[known[:, label], label]
            )
            for label in range(probabilities.shape[1])
        ],
        dtype=np.float32,
    )


def _smoothed_threshold(probabilities: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    ones = int(positive.sum())
    if ones == 0:
        return 0.5
    order = np.argsort(-probabilities, kind="stable")
    falling = probabilities[order].astype(np.float64)
    weight = ones / (ones + EQUAL_WEIGHT)
    hits = np.cumsum(weight * positive[order] + (1 - weight) * falling)
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + hits[-1])
    following = np.append(falling[1:], 0.0)
    f1[falling == following] = -1  # no threshold separates equal probabilities
    last = int(f1.argmax())
    return float((falling[last] + following[last]) / 2)
