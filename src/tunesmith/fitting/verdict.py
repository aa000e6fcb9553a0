"""The verdict: whether the chosen model beats the base on the held-out test set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tunesmith.evaluation.comparison import Comparison, proven_outcome
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.selection import Selection
from tunesmith.fitting.ladder import PERFECT, STOPPED
from tunesmith.phrasing import (
    format_chance,
    format_interval,
    format_metric,
    format_size,
    format_values,
)
from tunesmith.results.summary import (
    LIKELY,
    Change,
    Outcome,
    PairFindings,
    Part,
    Rung,
    RungStatus,
    Verdict,
)
from tunesmith.wording import plural


@dataclass(frozen=True)
class Phrasing:
    """Phrases of a verdict that depend on the kind of data.

    Parameters
    ----------
    item
        Name of one test item, singular.
    kept
        Sentence for a verdict that keeps the base.
    inconclusive
        Advice when no change is proven.
    worse
        Advice when the chosen model is worse.
    """

    item: str
    kept: str
    inconclusive: str
    worse: str


LABEL_PHRASING = Phrasing(
    item="text",
    kept="The base is kept, with a classifier trained on its embeddings.",
    inconclusive="More labelled texts or cleaner labels may give a conclusive result.",
    worse="Check the findings and the texts whose predictions changed: inconsistent labels are a "
    "common cause.",
)
PAIR_PHRASING = Phrasing(
    item="row",
    kept="The base is kept.",
    inconclusive="More or cleaner rows, or a larger test file (`test`), may give a conclusive "
    "result.",
    worse="Check the findings and the items that changed most: inconsistent rows are a common "
    "cause.",
)


RETRIEVAL_PHRASING = replace(PAIR_PHRASING, item="query")


def decide(
    comparison: Comparison,
    metric: str,
    chosen_title: str,
    phrasing: Phrasing = LABEL_PHRASING,
    *,
    keep: bool = False,
) -> Verdict:
    """Return the verdict on the chosen model from its comparison with the base.

    Parameters
    ----------
    comparison
        The base and the chosen model on the same test items.
    metric
        The headline metric.
    chosen_title
        Title of the chosen candidate.
    phrasing
        Phrases for the kind of data.
    keep
        Whether a model that is only likely better is kept.
    """
    change, p_value = comparison.change(metric), comparison.p_value(metric)
    outcome, probability = proven_outcome(change, p_value), comparison.probability(metric)
    result = (
        f"On {_describe_items(comparison, phrasing)}, the chosen model "
        f"({chosen_title.lower()}) changed {format_metric(change.metric)} "
        f"from {format_values(change)} ({format_size(change)}; {format_interval(change)}"
        f"{_describe_p_value(comparison, p_value)})"
    )
    gains = outcome is Outcome.BETTER or probability >= LIKELY
    if gains and not _beats_constant_predictions(comparison, metric):
        return _no_better_than_majority(change, result)
    verdict = replace(_VERDICTS[outcome](change, result, phrasing), probability=probability)
    return _likely(verdict, result, phrasing) if keep and verdict.likely else verdict


def _describe_items(comparison: Comparison, phrasing: Phrasing) -> str:
    items = len(comparison.base)
    if isinstance(comparison, Selection):
        noun = plural(items, phrasing.item)
        return f"{noun}, each predicted by models that were not trained on it"
    return plural(items, f"held-out test {phrasing.item}")


def _describe_p_value(comparison: Comparison, p_value: float) -> str:
    """Return the p-value, unless it ignores a choice for which the interval is corrected."""
    return "" if isinstance(comparison, Selection) else f"; p = {p_value:.2g}"


def _likely(verdict: Verdict, result: str, phrasing: Phrasing) -> Verdict:
    """Return the verdict on a model that is kept because a gain is likely."""
    assert verdict.probability is not None
    chance = format_chance(verdict.probability)
    return replace(
        verdict,
        sentence=f"Probably better: {chance}. {result}. A gain is likely but not proven, and the "
        "model is kept.",
        advice="Texts embedded with the base must be embedded again. "
        f"{phrasing.inconclusive} To keep the base instead, keep proven models only "
        '(`keep="proven"`).',
    )


def decide_base(
    comparison: Comparison,
    metric: str,
    rungs: Sequence[Rung],
    phrasing: Phrasing = LABEL_PHRASING,
    *,
    folds: int = 0,
) -> Verdict:
    """Return the verdict for a fit whose chosen model is the base, with the reason."""
    change = comparison.change(metric)
    others = [rung for rung in rungs if rung.name != "base"]
    tried = [rung for rung in others if rung.status in (RungStatus.DONE, RungStatus.DROPPED)]
    if change.base >= 1:
        tested = "out of fold" if isinstance(comparison, Selection) else "on the test set"
        reason = f"The untouched base already makes no errors {tested}"
        advice = "No tuning is needed. A more varied test set may show where the base fails."
    elif not tried:
        reason = f"No candidate other than the untouched base was tried ({others[0].reason})"
        advice = ""
    else:
        higher = "score higher" if len(tried) == 1 else "scored higher"
        where = "out of fold" if folds else "on validation by more than one standard error"
        reason = f"{_none_of(len(tried))} {higher} than the untouched base {where}"
        advice = phrasing.inconclusive
    sentence = f"{reason}. {phrasing.kept}"
    return Verdict(Outcome.NO_PROVEN_CHANGE, change, sentence, advice)


def with_skipped(verdict: Verdict, rungs: Sequence[Rung]) -> Verdict:
    """Put candidates without a score before other advice: they may help where labels do not.

    Examples
    --------
    >>> rung = Rung("top", "Top layers", RungStatus.SKIPPED, 90.0)
    >>> change = Change("accuracy", 0.8, 0.81, -0.01, 0.03)
    >>> verdict = Verdict(Outcome.NO_PROVEN_CHANGE, change, "Nothing is proven.", "Add rows.")
    >>> with_skipped(verdict, [rung]).advice
    'Top layers was skipped for lack of time: try a larger `budget` first. Add rows.'
    >>> with_skipped(verdict, [replace(rung, reason="stopped before")]).advice
    'Top layers was not tried because the search was stopped. Add rows.'
    """
    if verdict.outcome is Outcome.BETTER:
        return verdict
    advice = [*_stopped_advice(rungs), *_time_advice(rungs), verdict.advice]
    return replace(verdict, advice=" ".join(filter(None, advice)))


def _stopped_advice(rungs: Sequence[Rung]) -> list[str]:
    titles = [rung.title for rung in rungs if rung.reason in STOPPED]
    return [f"{_were(titles)} not tried because the search was stopped."] if titles else []


def _time_advice(rungs: Sequence[Rung]) -> list[str]:
    skipped = [rung for rung in rungs if rung.status is RungStatus.SKIPPED]
    titles = [rung.title for rung in skipped if rung.reason not in (*STOPPED, PERFECT)]
    wanted = "skipped for lack of time: try a larger `budget` first."
    return [f"{_were(titles)} {wanted}"] if titles else []


def _were(titles: Sequence[str]) -> str:
    return f"{titles[0]} was" if len(titles) == 1 else f"{len(titles)} candidates were"


def _none_of(candidates: int) -> str:
    if candidates > 1:
        return f"None of the {candidates} candidates tried"
    return "The one candidate tried did not"


def _beats_constant_predictions(comparison: Comparison, metric: str) -> bool:
    """Whether the chosen model beats predicting the same labels for every text.

    Labels unrelated to the texts cannot be learned, even if two models differ by luck. The
    constant prediction is the majority class. For multi-label data there are two: the majority
    value of each label, and all labels.
    """
    if not isinstance(comparison.base, LabelScores):
        return True
    targets = comparison.base.targets
    if targets.multilabel:
        majority = targets.positive.sum(axis=0) * 2 > targets.known.sum(axis=0)
        constants = [majority, np.ones(len(targets.labels), dtype=np.bool_)]
    else:
        constants = [np.arange(len(targets.labels)) == targets.positive.sum(axis=0).argmax()]
    return all(
        Comparison(
            LabelScores(
                Predictions.of_labels(np.tile(constant, (len(targets), 1)), targets), targets
            ),
            comparison.tuned,
            comparison.seed,
        )
        .change(metric)
        .low
        > 0
        for constant in constants
    )


def _no_better_than_majority(change: Change, result: str) -> Verdict:
    return Verdict(
        Outcome.NO_PROVEN_CHANGE,
        change,
        f"{result}, but it does not beat predicting the same label for every text. "
        f"{LABEL_PHRASING.kept}",
        "Check whether the labels can be predicted from the texts at all.",
    )


def _better(change: Change, result: str, phrasing: Phrasing) -> Verdict:
    del phrasing
    return Verdict(
        Outcome.BETTER,
        change,
        f"{result}.",
        "Use the tuned model. Texts embedded with the base must be embedded again.",
    )


def _no_proven_change(change: Change, result: str, phrasing: Phrasing) -> Verdict:
    return Verdict(
        Outcome.NO_PROVEN_CHANGE,
        change,
        f"{result}. That may be chance. {phrasing.kept}",
        phrasing.inconclusive,
    )


def _worse(change: Change, result: str, phrasing: Phrasing) -> Verdict:
    return Verdict(Outcome.WORSE, change, f"{result}. {phrasing.kept}", phrasing.worse)


_VERDICTS = {
    Outcome.BETTER: _better,
    Outcome.NO_PROVEN_CHANGE: _no_proven_change,
    Outcome.WORSE: _worse,
}


def seen_unseen_verdict(verdict: Verdict, findings: PairFindings) -> Verdict:
    """Return the verdict with results for seen and unseen documents.

    With an open corpus, a better model is accepted only if it is not proven worse on queries for
    unseen documents. A closed corpus has no unseen documents.

    Parameters
    ----------
    verdict
        Verdict on all queries.
    findings
        Findings with the results for seen and unseen documents.
    """
    metric = verdict.headline.metric
    parts = " ".join(_format_part(part, metric) for part in findings.parts)
    sentence = f"{verdict.sentence} {parts}"
    if findings.corpus_type == "open" and (verdict.likely or verdict.outcome is Outcome.BETTER):
        unseen = [part for part in findings.parts if part.name == "unseen"]
        if any(_change(part, metric).outcome is Outcome.WORSE for part in unseen):
            return replace(
                verdict,
                outcome=Outcome.WORSE,
                sentence=f"{sentence} Results on unseen documents get worse and the corpus is "
                f"open, so the "
                "base is kept.",
                advice="If no unseen documents will be added, use a closed corpus "
                '(`corpus_type="closed"`).',
            )
    return replace(verdict, sentence=sentence)


def _format_part(part: Part, metric: str) -> str:
    change = _change(part, metric)
    documents = "a document seen" if part.name == "seen" else "no document seen"
    return (
        f"For {plural(part.items, 'query')} with {documents} in training, it changed from "
        f"{format_values(change)} ({format_interval(change)})."
    )


def _change(part: Part, metric: str) -> Change:
    return next(change for change in part.changes if change.metric == metric)


MAX_FORGETTING = 0.01


_LABEL_FREE_ADVICE = (
    "Provide an evaluation file (`test`): a few hundred labelled pairs, similarity scores or "
    "relevance judgements can prove what unlabelled text cannot."
)


def label_free_verdict(verdict: Verdict, findings: PairFindings) -> Verdict:
    """Return the verdict for unlabelled text, which is never better or worse, only unproven.

    Parameters
    ----------
    verdict
        Verdict on finding held-out documents by their first sentence.
    findings
        Findings with the change on general English.
    """
    change = verdict.headline
    result = (
        f"{change.metric} for finding a held-out document by its first sentence changed from "
        f"{format_values(change)} ({format_interval(change)})"
    )
    kept = "tuned model" if label_free_gain(verdict, findings) else "base"
    sentence = (
        f"The texts are unlabelled, so no gain can be proven. {result}"
        f"{_format_forgetting(findings)}. The {kept} is kept."
    )
    return replace(verdict, outcome=Outcome.UNPROVEN, sentence=sentence, advice=_LABEL_FREE_ADVICE)


def label_free_gain(verdict: Verdict, findings: PairFindings) -> bool:
    """Whether retrieval of held-out documents improves at little cost on general English.

    ``verdict`` is the one on held-out documents, before :func:`label_free_verdict`.
    """
    lost = 0.0 if findings.forgetting is None else -findings.forgetting.difference
    return verdict.outcome is Outcome.BETTER and lost <= MAX_FORGETTING


def _format_forgetting(findings: PairFindings) -> str:
    change = findings.forgetting
    if change is None:
        return ""
    return f", and {format_metric(change.metric)} on general English from {format_values(change)}"
