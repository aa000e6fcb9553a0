"""The verdict and its sentence follow from the scores."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.fitting.verdict import decide, decide_base, with_skipped
from tunesmith.results.summary import Change, Outcome, Rung, RungStatus, Verdict

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
    """Its sentence contains both values, the confidence interval and the p-value."""
    true = np.arange(100) % 2
    base = np.where(np.arange(100) < 30, 1 - true, true)
    verdict = decide(compare(true, base, true), ACCURACY, "Whole model")
    assert verdict.outcome is Outcome.BETTER
    for part in ("100 ", "whole model", "0.700 to 1.000", "+30.0 points", "95% CI", "p ="):
        assert part in verdict.sentence


def test_a_gain_up_to_the_majority_class_is_not_proven() -> None:
    """A model that predicts the majority class for every text has learned nothing."""
    true = (np.arange(100) < 30).astype(np.int64)
    base, tuned = np.ones(100, dtype=np.int64), np.zeros(100, dtype=np.int64)
    comparison = compare(true, base, tuned)
    assert comparison.outcome(ACCURACY) is Outcome.BETTER
    verdict = decide(comparison, ACCURACY, "Whole model")
    assert verdict.outcome is Outcome.NO_PROVEN_CHANGE


def test_a_proven_loss_is_worse() -> None:
    """The base is kept."""
    true = np.arange(100) % 2
    tuned = np.where(np.arange(100) < 30, 1 - true, true)
    verdict = decide(compare(true, true, tuned), ACCURACY, "Whole model")
    assert verdict.outcome is Outcome.WORSE
    assert "base is kept" in verdict.sentence


def test_predicting_all_labels_is_not_better() -> None:
    """For multi-label data the chosen model must also beat predicting every label everywhere."""
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


def test_a_base_without_errors_needs_no_tuning() -> None:
    """The advice is not to label more of the same data."""
    true = np.arange(40) % 2
    verdict = decide_base(compare(true, true, true), ACCURACY, RUNGS)
    assert verdict.outcome is Outcome.NO_PROVEN_CHANGE
    assert "no errors" in verdict.sentence


def test_a_base_without_other_candidates() -> None:
    """If no other candidate was tried, the sentence gives the reason."""
    true = np.arange(40) % 2
    base = np.where(np.arange(40) < 5, 1 - true, true)
    comparison = compare(true, base, base)
    alone = decide_base(comparison, ACCURACY, RUNGS)
    assert "needs about 1 s" in alone.sentence
    assert "`budget`" in with_skipped(alone, RUNGS).advice
    done = [RUNGS[0], Rung("linear", "Linear map", RungStatus.DONE, estimate=1.0)]
    assert (
        "did not score higher than the untouched base"
        in decide_base(comparison, ACCURACY, done).sentence
    )


_SKIPPED = {
    "stopped": (RungStatus.INTERRUPTED, "stopped"),
    "not reached": (RungStatus.SKIPPED, "stopped before"),
    "late": (RungStatus.SKIPPED, "needs about 1 min; 3 s of the budget left"),
    "slow": (RungStatus.SKIPPED, "too slow for the budget"),
    "perfect": (RungStatus.SKIPPED, "the score is already perfect"),
    "broken": (RungStatus.FAILED, "out of memory"),
}


@pytest.mark.parametrize(
    ("names", "advice"),
    [
        (["stopped"], "Stopped was not tried because the search was stopped. "),
        (
            ["stopped", "not reached"],
            "2 candidates were not tried because the search was stopped. ",
        ),
        (
            ["late", "slow"],
            "2 candidates were skipped for lack of time: try a larger `budget` first. ",
        ),
        (
            ["late", "stopped"],
            "Stopped was not tried because the search was stopped. "
            "Late was skipped for lack of time: try a larger `budget` first. ",
        ),
        (["perfect", "broken"], ""),
    ],
)
def test_a_stop_is_not_a_lack_of_time(names: list[str], advice: str) -> None:
    """A larger budget would not have changed what a person ended."""
    rungs = [
        Rung(name, name.capitalize(), status, estimate=1.0, reason=reason)
        for name, (status, reason) in _SKIPPED.items()
        if name in names
    ]
    rungs.sort(key=lambda rung: names.index(rung.name))
    change = Change("accuracy", 0.8, 0.81, -0.01, 0.03)
    verdict = Verdict(Outcome.NO_PROVEN_CHANGE, change, "Nothing is proven.", "Add rows.")
    assert with_skipped(verdict, rungs).advice == f"{advice}Add rows."
