"""What stood between training and the model: in sentences, for the report, the card, a terminal."""

from tunesmith.evaluation.pairs.alignment import ALIGNMENT, UNIFORMITY
from tunesmith.results.summary import Change, Outcome, PairFindings, Summary
from tunesmith.wording import format_metric, number, share, signed

_OUTCOMES = {
    Outcome.BETTER: "better",
    Outcome.NO_PROVEN_CHANGE: "not proven",
    Outcome.WORSE: "worse",
}
_SIGNS = {
    ALIGNMENT: "Parts of one document lie at a squared distance of {}; nearer is better.",
    UNIFORMITY: "How much texts crowd is {}; less is more evenly spread.",
}
_MEMORY = {
    Outcome.BETTER: "nothing was forgotten",
    Outcome.NO_PROVEN_CHANGE: "nothing is proven to be forgotten",
    Outcome.WORSE: "some of it was forgotten",
}


def without_guards(findings: PairFindings) -> str:
    """Return what the training alone would have done to the sealed test.

    Examples
    --------
    >>> change = Change("nDCG@10", 0.645, 0.61, -0.06, -0.01)
    >>> print(without_guards(PairFindings("ranking", "", "", unguarded=change))[:75])
    Unmixed, the trained weights would have taken nDCG@10 from 0.645 to 0.610 (
    """
    change = findings.unguarded
    if change is None:
        return "No weights were trained, so there was nothing to guard against."
    taken = f"{format_metric(change.metric)} {_span(change)}: {_OUTCOMES[change.outcome]}"
    return f"Unmixed, the trained weights would have taken {taken}."


def forgotten(findings: PairFindings) -> str:
    """Return what the best rung still knows of general English.

    Examples
    --------
    >>> forgotten(PairFindings("ranking", "", ""))
    'The best rung is the base itself, which has forgotten nothing.'
    """
    change = findings.forgetting
    if change is None:
        return "The best rung is the base itself, which has forgotten nothing."
    went = f"{format_metric(change.metric)} went {_span(change)}"
    return f"On 300 general sentence pairs {went}: {_MEMORY[change.outcome]}."


def label_free(findings: PairFindings) -> dict[str, str]:
    """Return what alignment and uniformity say where no one has judged the texts, by name.

    Examples
    --------
    >>> change = Change("alignment", 0.9, 0.7, -0.3, -0.1, higher_is_better=False)
    >>> signs(PairFindings("ranking", "", "", signs=(change,)))["alignment"][:52]
    'Parts of one document lie at a squared distance of 0'
    """
    return {
        change.metric: _SIGNS[change.metric].format(_two(change)) for change in findings.label_free
    }


def shares_kept(summary: Summary) -> list[tuple[str, float]]:
    """Return each rung that trains weights by its title, and how much of its training was kept."""
    titles = {rung.name: rung.title for rung in summary.rungs}
    shares = summary.pairs.shares if summary.pairs else {}
    return [(titles.get(name, name), part) for name, part in shares.items()]


def kept_share(part: float) -> str:
    """Return how much of a training was kept.

    Examples
    --------
    >>> kept_share(0.25), kept_share(1.0)
    ('25% of its training, the rest is the base', 'all of its training')
    """
    if part >= 1:
        return "all of its training"
    return f"{share(part, 0)} of its training, the rest is the base"


def _two(change: Change) -> str:
    return f"{number(change.base)} before and {number(change.tuned)} after"


def _span(change: Change) -> str:
    ends = f"({signed(change.low)} to {signed(change.high)})"
    return f"from {number(change.base)} to {number(change.tuned)} {ends}"
