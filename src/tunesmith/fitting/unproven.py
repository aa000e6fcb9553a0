"""The verdict where no one has judged the texts: signs, and what is kept for them."""

from dataclasses import replace

from tunesmith.report.words import spoken_metric
from tunesmith.results import Outcome, PairFindings, Verdict

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
        f", and {spoken_metric(change.metric)} on general English is {change.base:.3f} before and "
        f"{change.tuned:.3f} after"
    )
