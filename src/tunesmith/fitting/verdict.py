"""The sealed test, opened once: base and choice on the same items, and what that proves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tunesmith.evaluation.comparison import Comparison, agreed
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.results.summary import Change, Outcome, PairFindings, Part, Rung, RungStatus, Verdict
from tunesmith.wording import format_metric


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


def judge(
    comparison: Comparison, metric: str, chosen_title: str, words: Words = OF_LABELS
) -> Verdict:
    """Say what the comparison of a choice with the base proves, in words."""
    change, chance = comparison.change(metric), comparison.chance(metric)
    outcome = agreed(change, chance)
    name = format_metric(change.metric)
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


def judge_parts(verdict: Verdict, findings: PairFindings) -> Verdict:
    """Return the verdict with a sentence on each part, and without a gain that costs new documents.

    In a growing collection what is better in all is not taken where queries for documents that no
    training query had are proven worse; in a fixed one there will be no such documents.

    Parameters
    ----------
    verdict
        On all queries.
    findings
        With the parts.
    """
    metric = verdict.headline.metric
    told = " ".join(_told(part, metric) for part in findings.parts)
    sentence = f"{verdict.sentence} {told}"
    if findings.corpus_type == "open" and verdict.outcome is Outcome.BETTER:
        unseen = [part for part in findings.parts if part.name == "unseen"]
        if any(_change(part, metric).outcome is Outcome.WORSE for part in unseen):
            return replace(
                verdict,
                outcome=Outcome.WORSE,
                sentence=f"{sentence} The collection grows, so the base is kept.",
                advice="If no new documents will be asked for, say --corpus-type closed.",
            )
    return replace(verdict, sentence=sentence)


def _told(part: Part, metric: str) -> str:
    change = _change(part, metric)
    were = "a document was" if part.name == "seen" else "no document was"
    return (
        f"For the {part.items} queries of which {were} asked for in training it went from "
        f"{change.base:.3f} to {change.tuned:.3f} ({change.low:+z.3f} to {change.high:+z.3f})."
    )


def _change(part: Part, metric: str) -> Change:
    return next(change for change in part.changes if change.metric == metric)


MOST_FORGOTTEN = 0.01


_ADVICE = (
    "Give an evaluation file (--test): a few hundred pairs, scores or judgements can prove what "
    "raw texts cannot."
)


def judge_unjudged(verdict: Verdict, findings: PairFindings) -> Verdict:
    """Return a verdict that never says better, for no one has said what belongs together.

    Parameters
    ----------
    verdict
        On parts of documents that were held out, found by other parts of them.
    findings
        What was forgotten of general English.
    """
    change = verdict.headline
    moved = (
        f"a held-out document is found by its first sentence with {change.metric} "
        f"{change.base:.3f} before and {change.tuned:.3f} after "
        f"({change.low:+z.3f} to {change.high:+z.3f})"
    )
    kept = "tuned model" if favoured(verdict, findings) else "base"
    sentence = (
        f"No one has judged these texts, so nothing can prove a gain. By signs alone, {moved}"
        f"{_remembered(findings)}. The {kept} is kept."
    )
    return replace(verdict, outcome=Outcome.UNPROVEN, sentence=sentence, advice=_ADVICE)


def favoured(verdict: Verdict, findings: PairFindings) -> bool:
    """Return whether documents are found better and general English is known about as well.

    ``verdict`` is the one on parts of documents, by both guards, before it is called unproven.
    """
    lost = 0.0 if findings.forgetting is None else -findings.forgetting.difference
    return verdict.outcome is Outcome.BETTER and lost <= MOST_FORGOTTEN


def _remembered(findings: PairFindings) -> str:
    change = findings.forgetting
    if change is None:
        return ""
    return (
        f", and {format_metric(change.metric)} on general English is {change.base:.3f} before and "
        f"{change.tuned:.3f} after"
    )
