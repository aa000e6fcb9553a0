"""Findings, rungs and verdict sentences of the sample summaries."""

from tunesmith.results.finding import Finding, Severity
from tunesmith.results.summary import Outcome, Rung, RungStatus


def sentences(outcome: Outcome) -> tuple[str, str]:
    """Return the sentence and the advice of a verdict."""
    if outcome is Outcome.BETTER:
        return (
            "On the held-out test set, the tuned model classifies more texts correctly than the "
            "base, and the 95% CI excludes zero.",
            "Use it. Look at the texts under “Largest changes” that are still wrong, label more "
            "like them, and fit again.",
        )
    if outcome is Outcome.WORSE:
        return (
            "On the held-out test set, the tuned model classifies fewer texts correctly.",
            "Keep the base; check the labels.",
        )
    return (
        "The test set is too small to show whether the tuned model is better or worse than the "
        "base. The base embeddings are kept, with a classifier on top.",
        "Label more rows: about 600 more would be enough to prove a change of this size.",
    )


def findings() -> tuple[Finding, ...]:
    """Return findings of the data check."""
    return (
        Finding(
            "conflicting-labels",
            Severity.WARNING,
            4,
            "2 texts carry two different labels.",
            "Decide on one label for each.",
            (17, 203, 310, 344),
            "intent",
        ),
        Finding(
            "near-duplicates",
            Severity.NOTE,
            31,
            "31 texts are near duplicates.",
            "No action needed: near duplicates stay in the same split.",
            tuple(range(3, 60, 4)),
            "query",
        ),
        Finding(
            "truncated",
            Severity.WARNING,
            1,
            "1 text is truncated: 4% of its words are lost.",
            "Shorten it, or choose a base with a larger maximum length.",
            (88,),
            "query",
        ),
    )


def rungs() -> tuple[Rung, ...]:
    """Return a ladder with rungs of every status."""
    return (
        Rung(
            "base",
            "Untouched base with a logistic probe",
            RungStatus.DONE,
            1.2,
            0.9,
            0.874,
            difference_error=0.018,
        ),
        Rung("linear", "Closed-form linear tuner", RungStatus.DONE, 0.4, 0.31, 0.921, chosen=True),
        Rung(
            "network",
            "Feed-forward tuner",
            RungStatus.DONE,
            4.0,
            5.2,
            0.918,
            difference_error=0.006,
        ),
        Rung(
            "top",
            "Label-contrastive, top layers",
            RungStatus.FAILED,
            18.0,
            3.1,
            None,
            "loss was not finite in step 41",
        ),
        Rung(
            "top-small",
            "Label-contrastive, top layer only",
            RungStatus.INTERRUPTED,
            18.0,
            12.4,
            None,
            "stopped with Ctrl-C",
        ),
        Rung(
            "whole",
            "Label-contrastive, whole model",
            RungStatus.SKIPPED,
            142.0,
            0.0,
            None,
            "exceeds the budget of 5 minutes",
        ),
    )
