"""Weighted metrics equal scikit-learn's, for every resample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from tunesmith.evaluation.labels.metrics import (
    METRICS,
    accuracy,
    class_scores,
    log_loss,
    macro_f1,
    macro_precision,
    macro_recall,
)
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.targets import Targets

CLASSES = 4


def one_hot(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray(codes[:, None] == np.arange(CLASSES))


def make(true: list[int], predicted: list[int]) -> tuple[Targets, Predictions]:
    values = one_hot(np.array(true)).astype(np.float32)
    targets = Targets(values, tuple("abcd"), multilabel=False)
    return targets, Predictions.of_labels(one_hot(np.array(predicted)), targets)


codes = st.lists(
    st.tuples(st.integers(0, CLASSES - 1), st.integers(0, CLASSES - 1)), min_size=1, max_size=40
)


@given(codes)
def test_metrics_equal_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    """With unit weights, every metric equals scikit-learn's over the labels that occur."""
    true, predicted = [list(column) for column in zip(*pairs, strict=True)]
    targets, predictions = make(true, predicted)
    ones = np.ones((1, len(true)), dtype=np.float32)
    present = sorted(set(true))
    keywords = {"labels": present, "average": "macro", "zero_division": 0}
    assert accuracy(ones, predictions, targets)[0] == pytest.approx(accuracy_score(true, predicted))
    for ours, theirs in (
        (macro_f1, f1_score),
        (macro_precision, precision_score),
        (macro_recall, recall_score),
    ):
        expected = theirs(true, predicted, **keywords)
        assert ours(ones, predictions, targets)[0] == pytest.approx(expected)


@given(codes, st.integers(0, 1000))
def test_a_weight_counts_an_item_that_often(pairs: list[tuple[int, int]], seed: int) -> None:
    """An item of weight k counts as k copies."""
    true, predicted = [np.array(column) for column in zip(*pairs, strict=True)]
    counts = np.random.default_rng(seed).integers(0, 3, size=len(true))
    counts[0] = 1
    targets, predictions = make(list(true), list(predicted))
    repeated = make(list(np.repeat(true, counts)), list(np.repeat(predicted, counts)))
    ones = np.ones((1, counts.sum()), dtype=np.float32)
    weights = counts[None, :].astype(np.float32)
    for metric in METRICS.values():
        expected = metric(ones, repeated[1], repeated[0])[0]
        assert metric(weights, predictions, targets)[0] == pytest.approx(expected)


def test_unknown_labels_are_ignored() -> None:
    """In multi-label data an unknown entry is neither correct nor wrong."""
    values = np.array([[1, np.nan], [0, 1], [np.nan, np.nan]], dtype=np.float32)
    targets = Targets(values, ("a", "b"), multilabel=True)
    given = np.array([[True, True], [True, True], [True, False]])
    predictions = Predictions.of_labels(given, targets)
    ones = np.ones((1, 3), dtype=np.float32)
    assert accuracy(ones, predictions, targets)[0] == pytest.approx(2 / 3)
    scores = class_scores(ones, predictions, targets)
    assert scores.precision[0].tolist() == [0.5, 1.0]
    assert scores.recall[0].tolist() == [1.0, 1.0]


def test_log_loss_is_a_mean_over_entries() -> None:
    """Log loss divides by the number of known entries, not by the number of texts."""
    targets = Targets(np.array([[1, 0], [1, np.nan]], dtype=np.float32), ("a", "b"), True)
    loss = np.array([3.0, 0.6])
    given = np.zeros((2, 2), dtype=np.bool_)
    predictions = Predictions(given, np.zeros(2), np.array([2.0, 1.0]), loss, np.zeros(2))
    assert log_loss(np.ones((1, 2), dtype=np.float32), predictions, targets)[0] == pytest.approx(
        1.2
    )
