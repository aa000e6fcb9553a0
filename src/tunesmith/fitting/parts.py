"""What a verdict on a search says of documents that were asked for in training, and of others."""

from dataclasses import replace

from tunesmith.results import Change, Outcome, PairFindings, Part, Verdict


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
    if findings.collection == "growing" and verdict.outcome is Outcome.BETTER:
        unseen = [part for part in findings.parts if part.name == "unseen"]
        if any(_change(part, metric).outcome is Outcome.WORSE for part in unseen):
            return replace(
                verdict,
                outcome=Outcome.WORSE,
                sentence=f"{sentence} The collection grows, so the base is kept.",
                advice="If no new documents will be asked for, say --corpus fixed.",
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
