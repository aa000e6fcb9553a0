"""The sealed test, opened once: base and choice on the same items, and what that proves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tunesmith.classifier import LinearClassifier
from tunesmith.evaluation.compare import Comparison, agreed
from tunesmith.evaluation.labels import LabelScores
from tunesmith.evaluation.predictions import Predictions, Vectors, predict
from tunesmith.evaluation.probe import fit_probe
from tunesmith.fitting.labels import LabelCandidate, Side, refitted
from tunesmith.fitting.task import Space
from tunesmith.report.words import spoken_metric
from tunesmith.results import Change, Outcome, Rung, RungStatus, Verdict


@dataclass(frozen=True)
class Words:
    """How a verdict speaks of what was fitted.

    Parameters
    ----------
    items
        What the test is made of.
    kept
        What happens where the base is kept.
    more
        What could settle an open question.
    doubt
        Where to look when the choice is worse.
    """

    items: str
    kept: str
    more: str
    doubt: str


OF_LABELS = Words(
    items="texts",
    kept="The base is kept, with a classifier trained on it.",
    more="More labelled texts, cleaner labels or a larger test set can settle it; "
    "--folds 5 tests every row once.",
    doubt="Look at the findings and at the texts that changed: often the labels disagree.",
)
OF_PAIRS = Words(
    items="rows",
    kept="The base is kept.",
    more="More rows, cleaner ones or a larger test file (--test) can settle it.",
    doubt="Look at the findings and at the items that changed: often the rows disagree.",
)


OF_SEARCH = replace(OF_PAIRS, items="queries")


@dataclass(frozen=True, eq=False)
class Final:
    """A candidate made ready: what is learned on vectors, learned from all but the test."""

    name: str
    space: Space
    classifier: LinearClassifier | None


@dataclass(frozen=True, eq=False)
class LabelFinal(Final):
    """A candidate for labelled texts made ready, with the vectors that it was fitted on."""

    classifier: LinearClassifier
    training: Vectors
    texts: list[str]


@dataclass(frozen=True, eq=False)
class Tested:
    """A final candidate on the sealed test."""

    vectors: NDArray[np.float32]
    scores: LabelScores


def finalise(candidate: LabelCandidate, side: Side) -> LabelFinal:
    """Fit the candidate's tuner and probe on training and validation rows together.

    The strength of the probe and the thresholds stay as validation chose them; weights that a
    recipe trained stay as they are.
    """
    space = refitted(candidate.space, side)
    vectors = space.encode(side.texts)
    probe = fit_probe(vectors, side.targets, candidate.probe.strength)
    thresholds = candidate.probe.classifier.thresholds
    classifier = replace(probe.classifier, thresholds=thresholds)
    return LabelFinal(candidate.name, space, classifier, Vectors(vectors, side.targets), side.texts)


def open_sealed_test(final: LabelFinal, side: Side) -> Tested:
    """Encode the test texts and score what is predicted for them."""
    vectors = final.space.encode(side.texts)
    predictions = predict(final.classifier, vectors, side.targets, final.training)
    return Tested(vectors, LabelScores(predictions, side.targets))


def judge(
    comparison: Comparison, metric: str, chosen_title: str, words: Words = OF_LABELS
) -> Verdict:
    """Say what the comparison of a choice with the base proves, in words."""
    change, chance = comparison.change(metric), comparison.chance(metric)
    outcome = agreed(change, chance)
    name = spoken_metric(change.metric)
    moved = (
        f"({chosen_title.lower()}) changed {name} from {change.base:.3f} to {change.tuned:.3f} "
        f"({change.difference:+z.3f}; 95% interval {change.low:+z.3f} to "
        f"{change.high:+z.3f}; p = {chance:.2g})"
    )
    if outcome is Outcome.BETTER and not _beats_constants(comparison, metric):
        return _unlearned(change, moved)
    return _VERDICTS[outcome](change, moved, words)


def judge_base(
    comparison: Comparison, metric: str, rungs: Sequence[Rung], words: Words = OF_LABELS
) -> Verdict:
    """Say in words why the base itself was chosen."""
    change = comparison.change(metric)
    others = [rung for rung in rungs if rung.name != "base"]
    tried = [rung for rung in others if rung.status is RungStatus.DONE]
    if change.base >= 1:
        reason = "The untouched base makes no mistake on the test already"
        advice = "Nothing needs tuning here; more varied rows would show where it fails."
    elif not tried:
        reason = f"No rung beside the untouched base was tried ({others[0].reason})"
        advice = "A larger --budget leaves time for them."
    else:
        reason = (
            f"{_none_of(len(tried))} beat the untouched base on validation by more than the noise"
        )
        advice = words.more
    sentence = f"{reason}. {words.kept}"
    return Verdict(Outcome.NO_PROVEN_CHANGE, change, sentence, advice)


def _none_of(rungs: int) -> str:
    return f"None of the {rungs} rungs tried" if rungs > 1 else "The one rung tried did not"


def _beats_constants(comparison: Comparison, metric: str) -> bool:
    """Whether the choice beats giving every text the same answer.

    Labels that have nothing to do with the texts cannot be learned, whatever two models'
    difference looks like by luck. For multi-label data the same answer is the likelier one of
    each label, or all labels.
    """
    if not isinstance(comparison.base, LabelScores):
        return True
    targets = comparison.base.targets
    if targets.multilabel:
        likelier = targets.positive.sum(axis=0) * 2 > targets.known.sum(axis=0)
        answers = [likelier, np.ones(len(targets.labels), dtype=np.bool_)]
    else:
        answers = [np.arange(len(targets.labels)) == targets.positive.sum(axis=0).argmax()]
    return all(
        replace(
            comparison,
            base=LabelScores(
                Predictions.of_labels(np.tile(answer, (len(targets), 1)), targets), targets
            ),
        )
        .change(metric)
        .low
        > 0
        for answer in answers
    )


def _unlearned(change: Change, moved: str) -> Verdict:
    return Verdict(
        Outcome.NO_PROVEN_CHANGE,
        change,
        f"The model chosen on validation {moved}, but it does not beat giving every text the same "
        "label. The base is kept, with a classifier trained on it.",
        "Check whether the labels can be told from the texts at all.",
    )


def _better(change: Change, moved: str, words: Words) -> Verdict:
    return Verdict(
        Outcome.BETTER,
        change,
        f"On test {words.items} that no part of the fit had seen, the chosen model {moved}.",
        "Use the tuned model; texts that were embedded with the base must be embedded again.",
    )


def _unproven(change: Change, moved: str, words: Words) -> Verdict:
    return Verdict(
        Outcome.NO_PROVEN_CHANGE,
        change,
        f"The model chosen on validation {moved}; that can be luck. {words.kept}",
        words.more,
    )


def _worse(change: Change, moved: str, words: Words) -> Verdict:
    return Verdict(
        Outcome.WORSE,
        change,
        f"The model chosen on validation {moved}. {words.kept}",
        words.doubt,
    )


_VERDICTS = {
    Outcome.BETTER: _better,
    Outcome.NO_PROVEN_CHANGE: _unproven,
    Outcome.WORSE: _worse,
}
