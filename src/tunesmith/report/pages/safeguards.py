"""Blending of weights and forgetting, in sentences for the report, card and terminal."""

from tunesmith.evaluation.pairs.alignment import ALIGNMENT, UNIFORMITY
from tunesmith.phrasing import format_interval, format_metric, format_values
from tunesmith.results.summary import Change, Outcome, PairFindings, Summary
from tunesmith.wording import number, share

_OUTCOMES = {
    Outcome.BETTER: "better",
    Outcome.NO_PROVEN_CHANGE: "no proven change",
    Outcome.WORSE: "worse",
}
_LABEL_FREE = {
    ALIGNMENT: "Alignment (mean squared distance within documents) was {}; lower is better.",
    UNIFORMITY: "Uniformity was {}; lower means that embeddings are spread more evenly.",
}
_FORGETTING = {
    Outcome.BETTER: "no forgetting",
    Outcome.NO_PROVEN_CHANGE: "no proven forgetting",
    Outcome.WORSE: "some forgetting",
}


def without_blending(findings: PairFindings) -> str:
    """Return the test result of the tuned weights without blending.

    Examples
    --------
    >>> change = Change("nDCG@10", 0.645, 0.61, -0.06, -0.01)
    >>> print(without_blending(PairFindings("ranking", "", "", unguarded=change))[:76])
    Without blending, the tuned weights would change nDCG@10 from 0.645 to 0.610
    """
    change = findings.unguarded
    if change is None:
        return "No weights were trained, so there was nothing to blend."
    effect = f"{format_metric(change.metric)} {_span(change)}: {_OUTCOMES[change.outcome]}"
    return f"Without blending, the tuned weights would change {effect}."


def forgetting(findings: PairFindings) -> str:
    """Return how much general English the chosen candidate has forgotten.

    Examples
    --------
    >>> forgetting(PairFindings("ranking", "", ""))
    'The base model was chosen, so nothing was forgotten.'
    """
    change = findings.forgetting
    if change is None:
        return "The base model was chosen, so nothing was forgotten."
    effect = f"{format_metric(change.metric)} changed {_span(change)}"
    return f"On 300 general English sentence pairs, {effect}: {_FORGETTING[change.outcome]}."


def label_free(findings: PairFindings) -> dict[str, str]:
    """Return the label-free metrics of unlabelled text as sentences, by name.

    Examples
    --------
    >>> change = Change("alignment", 0.9, 0.7, -0.3, -0.1, higher_is_better=False)
    >>> label_free(PairFindings("tsdae", "", "", label_free=(change,)))["alignment"][-50:]
    'was 0.900 before and 0.700 after; lower is better.'
    """
    return {
        change.metric: _LABEL_FREE[change.metric].format(_before_and_after(change))
        for change in findings.label_free
    }


def blended_shares(summary: Summary) -> list[tuple[str, float]]:
    """Return the title of each rung that trains weights, and its share of tuned weights."""
    titles = {rung.name: rung.title for rung in summary.rungs}
    shares = summary.pairs.shares if summary.pairs else {}
    return [(titles.get(name, name), part) for name, part in shares.items()]


def blended_share(part: float) -> str:
    """Return the shares of tuned and base weights in a blend.

    Examples
    --------
    >>> blended_share(0.25), blended_share(1.0)
    ('25% tuned weights, 75% base weights', 'tuned weights only')
    """
    if part >= 1:
        return "tuned weights only"
    return f"{share(part, 0)} tuned weights, {share(1 - part, 0)} base weights"


def _before_and_after(change: Change) -> str:
    return f"{number(change.base)} before and {number(change.tuned)} after"


def _span(change: Change) -> str:
    return f"from {format_values(change)} ({format_interval(change)})"
