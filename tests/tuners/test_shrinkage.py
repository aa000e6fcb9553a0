"""The choice of the shrinkage."""

from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp

from tunesmith.tuners import shrinkage
from tunesmith.tuners.linear import Covariances, LinearTuner
from tunesmith.tuners.moments import GroupMoments
from tunesmith.tuners.targets import KnownLabels


def _data(rows: int, width: int, apart: float) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    labels = np.arange(rows) % 3
    return rng.normal(size=(rows, width)) + apart * np.eye(width)[labels], labels


def _naive_log_probability(X: Any, labels: Any, strength: float) -> float:
    """Leave each row out explicitly: new means, a new covariance, a new inverse."""
    counts, total = np.bincount(labels), 0.0
    means = np.stack([X[labels == k].mean(axis=0) for k in range(3)])
    residuals = X - means[labels]
    target = np.trace(residuals.T @ residuals) / len(X) / X.shape[1] * np.eye(X.shape[1])
    for row, own in enumerate(labels):
        rest = np.delete(np.arange(len(X)), row)
        without = means.copy()
        without[own] = X[rest][labels[rest] == own].mean(axis=0)
        scatter = sum(
            (X[rest][labels[rest] == k] - without[k]).T @ (X[rest][labels[rest] == k] - without[k])
            for k in range(3)
        )
        covariance = (1 - strength) * scatter / len(X) + strength * target
        apart = X[row] - without
        logits = (
            np.log(counts) - np.einsum("ij,ij->i", apart @ np.linalg.inv(covariance), apart) / 2
        )
        total += float(logits[own] - logsumexp(logits))
    return total


@pytest.mark.parametrize(
    ("rows", "dim", "distance"),
    [(45, 10, 0.5), (45, 10, 2.0), (30, 12, 1.0), (90, 20, 1.0), (36, 16, 0.3)],
)
def test_the_rank_one_update_equals_leaving_rows_out(rows: int, dim: int, distance: float) -> None:
    """The choice of the strength equals that of the naive computation."""
    X, labels = _data(rows, dim, distance)
    fitted = LinearTuner().fit(X, labels)
    naive = [_naive_log_probability(X, labels, each) for each in shrinkage.STRENGTHS]
    assert fitted.shrinkage_ == shrinkage.STRENGTHS[int(np.argmax(naive))]


def test_few_rows_need_more_shrinkage() -> None:
    """With fewer rows, the covariance is shrunk more towards the identity."""
    stretched = np.linspace(0.2, 3, 30)
    data = [_data(rows, 30, 1.0) for rows in (60, 3000)]
    few, many = (LinearTuner().fit(X * stretched, labels).shrinkage_ for X, labels in data)
    assert few > many


def test_classes_of_one_row_give_full_shrinkage() -> None:
    """Then the covariance is a multiple of the identity."""
    labels = KnownLabels.of(np.arange(4))
    moments = GroupMoments.begin(np.eye(4), labels.families)
    moments.add(np.eye(4), labels.memberships())
    covariances = Covariances.of(moments.within, moments.between)
    assert moments.sample is not None
    chosen = shrinkage.choose_shrinkage(moments, moments.sample, covariances.spectrum, 1e-8)
    assert chosen == 1.0
