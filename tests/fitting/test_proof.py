"""The verdict's words follow from the numbers."""

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.compare import Comparison
from tunesmith.evaluation.metrics import METRICS
from tunesmith.evaluation.predictions import Predictions
from tunesmith.evaluation.targets import Targets
from tunesmith.fitting.proof import judge
from tunesmith.results import Outcome

ACCURACY = METRICS[0]


def compare(
    true: NDArray[np.int64], base: NDArray[np.int64], tuned: NDArray[np.int64]
) -> Comparison:
    columns = np.arange(2)
    targets = Targets((true[:, None] == columns).astype(np.float32), ("a", "b"), False)
    answers = [
        Predictions.of_labels(np.asarray(codes[:, None] == columns), targets)
        for codes in (base, tuned)
    ]
    return Comparison(*answers, targets)


def test_a_proven_gain_is_better() -> None:
    """Its sentence holds both values, the interval and the chance."""
    true = np.arange(100) % 2
    base = np.where(np.arange(100) < 30, 1 - true, true)
    verdict = judge(compare(true, base, true), ACCURACY, "Whole model", is_base=False)
    assert verdict.outcome is Outcome.BETTER
    for words in ("whole model", "0.700 to 1.000", "+0.300", "95% interval", "p ="):
        assert words in verdict.sentence


def test_a_gain_that_only_reaches_the_majority_is_no_proof() -> None:
    """A model that gives everybody the most frequent label has learned nothing."""
    true = (np.arange(100) < 30).astype(np.int64)
    base, tuned = np.ones(100, dtype=np.int64), np.zeros(100, dtype=np.int64)
    comparison = compare(true, base, tuned)
    assert comparison.outcome(ACCURACY) is Outcome.BETTER
    verdict = judge(comparison, ACCURACY, "Whole model", is_base=False)
    assert verdict.outcome is Outcome.NO_PROVEN_CHANGE


def test_a_loss_is_called_worse() -> None:
    """And the base is kept."""
    true = np.arange(100) % 2
    tuned = np.where(np.arange(100) < 30, 1 - true, true)
    verdict = judge(compare(true, true, tuned), ACCURACY, "Whole model", is_base=False)
    assert verdict.outcome is Outcome.WORSE
    assert "The base is kept" in verdict.sentence


def test_a_base_that_is_always_right_needs_no_tuning() -> None:
    """The advice is not to label more of the same."""
    true = np.arange(40) % 2
    verdict = judge(compare(true, true, true), ACCURACY, "Untouched base", is_base=True)
    assert verdict.outcome is Outcome.NO_PROVEN_CHANGE
    assert "right on every test text" in verdict.sentence
