"""The sealed test, opened once: base and choice on the same items, and what that proves."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tunesmith.classifier import LinearClassifier
from tunesmith.evaluation.compare import Comparison
from tunesmith.evaluation.metrics import Metric
from tunesmith.evaluation.predictions import Predictions, Vectors, predict
from tunesmith.evaluation.probe import fit_probe
from tunesmith.fitting.task import Candidate, Side, Space
from tunesmith.results import Change, Outcome, Verdict

MORE_DATA = (
    "More labelled texts, cleaner labels or a larger test set can settle it; "
    "--folds 5 tests every row once."
)


@dataclass(frozen=True, eq=False)
class Final:
    """A candidate made ready: tuner and probe fitted on all rows that are not in the test."""

    name: str
    space: Space
    classifier: LinearClassifier
    training: Vectors


@dataclass(frozen=True, eq=False)
class Tested:
    """A final candidate on the sealed test."""

    vectors: NDArray[np.float32]
    predictions: Predictions


def finalise(candidate: Candidate, side: Side) -> Final:
    """Fit the candidate's tuner and probe on training and validation rows together.

    The strength of the probe and the thresholds stay as validation chose them; weights that a
    recipe trained stay as they are.
    """
    space = candidate.space.refitted(side)
    vectors = space.encode(side.texts)
    probe = fit_probe(vectors, side.targets, candidate.probe.strength)
    thresholds = candidate.probe.classifier.thresholds
    classifier = replace(probe.classifier, thresholds=thresholds)
    return Final(candidate.name, space, classifier, Vectors(vectors, side.targets))


def open_sealed_test(final: Final, side: Side) -> Tested:
    """Encode the test texts and score what is predicted for them."""
    vectors = final.space.encode(side.texts)
    return Tested(vectors, predict(final.classifier, vectors, side.targets, final.training))


def judge(comparison: Comparison, metric: Metric, chosen_title: str, *, is_base: bool) -> Verdict:
    """Say what the comparison proves, in words.

    Parameters
    ----------
    comparison
        Of base and choice on the sealed test.
    metric
        The headline.
    chosen_title
        The chosen rung, for people.
    is_base
        Whether the choice is the base itself.
    """
    change = comparison.change(metric)
    if is_base:
        return _base_chosen(change)
    outcome, chance = comparison.outcome(metric), comparison.chance(metric)
    if outcome is Outcome.BETTER and not _above_chance(comparison, metric):
        outcome = Outcome.NO_PROVEN_CHANGE
    moved = (
        f"({chosen_title.lower()}) changed {change.metric} from {change.base:.3f} to "
        f"{change.tuned:.3f} ({change.difference:+.3f}; 95% interval {change.low:+.3f} to "
        f"{change.high:+.3f}; p = {chance:.2g})"
    )
    return _VERDICTS[outcome](change, moved)


def _above_chance(comparison: Comparison, metric: Metric) -> bool:
    """Whether the choice beats giving everybody the most frequent answer.

    Labels that have nothing to do with the texts cannot be learned, whatever two models'
    difference looks like by luck.
    """
    targets = comparison.targets
    if targets.multilabel:
        majority = np.broadcast_to(
            targets.positive.sum(0) * 2 > targets.known.sum(0), targets.values.shape
        )
    else:
        most = targets.positive.sum(axis=0).argmax()
        majority = np.broadcast_to(np.arange(len(targets.labels)) == most, targets.values.shape)
    plain = replace(comparison, base=Predictions.of_labels(np.array(majority), targets))
    return plain.change(metric).low > 0


def _base_chosen(change: Change) -> Verdict:
    if change.base >= 1:
        return Verdict(
            Outcome.NO_PROVEN_CHANGE,
            change,
            "The untouched base is right on every test text already, so it is kept, with a "
            "classifier trained on it.",
            "Nothing needs tuning here; harder or more varied texts would show where it fails.",
        )
    return Verdict(
        Outcome.NO_PROVEN_CHANGE,
        change,
        "No rung of the ladder beat the untouched base on validation by more than the noise, so "
        "the base is kept, with a classifier trained on it.",
        MORE_DATA,
    )


def _better(change: Change, moved: str) -> Verdict:
    return Verdict(
        Outcome.BETTER,
        change,
        f"On test texts that no part of the fit had seen, the chosen model {moved}.",
        "Use the tuned model; texts that were embedded with the base must be embedded again.",
    )


def _unproven(change: Change, moved: str) -> Verdict:
    return Verdict(
        Outcome.NO_PROVEN_CHANGE,
        change,
        f"The model chosen on validation {moved}; that can be luck. The base is kept, with a "
        "classifier trained on it.",
        MORE_DATA,
    )


def _worse(change: Change, moved: str) -> Verdict:
    return Verdict(
        Outcome.WORSE,
        change,
        f"The model chosen on validation {moved}. The base is kept, with a classifier trained "
        "on it.",
        "Look at the findings and at the texts that changed: often the labels disagree.",
    )


_VERDICTS = {
    Outcome.BETTER: _better,
    Outcome.NO_PROVEN_CHANGE: _unproven,
    Outcome.WORSE: _worse,
}
