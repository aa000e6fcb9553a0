"""The verdict's words follow from the numbers."""

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.fitting.verdict import decide, decide_base
from tunesmith.results.summary import Outcome, Rung, RungStatus

ACCURACY = "accuracy"


def compare(
    true: NDArray[np.int64], base: NDArray[np.int64], tuned: NDArray[np.int64]
) -> Comparison:
    columns = np.arange(2)
    targets = Targets((true[:, None] == columns).astype(np.float32), ("a", "b"), False)
    before, after = (
        Predictions.of_labels(np.asarray(codes[:, None] == columns), targets)
        for codes in (base, tuned)
    )
    return Comparison(LabelScores(before, targets), LabelScores(after, targets))


def test_a_proven_gain_is_better() -> None:
    """Its sentence holds both values, the interval and the chance."""
    true = np.arange(100) % 2
    base = np.where(np.arange(100) < 30, 1 - true, true)
    verdict = decide(compare(true, base, true), ACCURACY, "Whole model")
    assert verdict.outcome is Outcome.BETTER
    for words in ("whole model", "0.700 to 1.000", "+0.300", "95% interval", "p ="):
        assert words in verdict.sentence


def test_a_gain_that_only_reaches_the_majority_is_no_proof() -> None:
    """A model that gives everybody the most frequent label has learned nothing."""
    true = (np.arange(100) < 30).astype(np.int64)
    base, tuned = np.ones(100, dtype=np.int64), np.zeros(100, dtype=np.int64)
    comparison = compare(true, base, tuned)
    assert comparison.outcome(ACCURACY) is Outcome.BETTER
    verdict = decide(comparison, ACCURACY, "Whole model")
    assert verdict.outcome is Outcome.NO_PROVEN_CHANGE


def test_a_loss_is_called_worse() -> None:
    """And the base is kept."""
    true = np.arange(100) % 2
    tuned = np.where(np.arange(100) < 30, 1 - true, true)
    verdict = decide(compare(true, true, tuned), ACCURACY, "Whole model")
    assert verdict.outcome is Outcome.WORSE
    assert "The base is kept" in verdict.sentence


def test_rare_random_labels_are_not_learned_by_saying_yes() -> None:
    """For multi-label data the choice must also beat giving every label to every text."""
    generator = np.random.default_rng(0)
    values = (generator.random((200, 2)) < 0.2).astype(np.float32)
    targets = Targets(values, ("a", "b"), multilabel=True)
    rarely = Predictions.of_labels(generator.random((200, 2)) < 0.1, targets)
    always = Predictions.of_labels(np.ones((200, 2), dtype=np.bool_), targets)
    macro_f1 = "macro F1"
    comparison = Comparison(LabelScores(rarely, targets), LabelScores(always, targets))
    assert comparison.outcome(macro_f1) is Outcome.BETTER
    verdict = decide(comparison, macro_f1, "Whole model")
    assert verdict.outcome is Outcome.NO_PROVEN_CHANGE
    assert "same label" in verdict.sentence


RUNGS = [
    Rung("base", "Untouched base", RungStatus.DONE, estimate=1.0),
    Rung("linear", "Linear map", RungStatus.SKIPPED, estimate=1.0, reason="needs about 1 s"),
]


def test_a_base_that_is_always_right_needs_no_tuning() -> None:
    """The advice is not to label more of the same."""
    true = np.arange(40) % 2
    verdict = decide_base(compare(true, true, true), ACCURACY, RUNGS)
    assert verdict.outcome is Outcome.NO_PROVEN_CHANGE
    assert "no mistake on the test" in verdict.sentence


def test_a_base_that_met_no_rival_says_so() -> None:
    """Where nothing else was tried, nothing is claimed of other rungs."""
    true = np.arange(40) % 2
    base = np.where(np.arange(40) < 5, 1 - true, true)
    comparison = compare(true, base, base)
    alone = decide_base(comparison, ACCURACY, RUNGS)
    assert "No rung beside the untouched base was tried (needs about 1 s)" in alone.sentence
    done = [RUNGS[0], Rung("linear", "Linear map", RungStatus.DONE, estimate=1.0)]
    assert "The one rung tried did not beat" in decide_base(comparison, ACCURACY, done).sentence
