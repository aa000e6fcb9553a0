"""Findings, rungs and sentences of the sample summaries."""

from tunesmith.results.summary import Finding, Outcome, Rung, RungStatus, Severity


def sentences(outcome: Outcome) -> tuple[str, str]:
    """Return the sentence and the advice of a verdict."""
    if outcome is Outcome.BETTER:
        return (
            "On texts it had never seen, the tuned model labels more of them right than the base, "
            "and the whole interval lies above zero.",
            "Use it. Look at the texts under “What changed most” that are still wrong, "
            "label more like them, and fit again.",
        )
    if outcome is Outcome.WORSE:
        return (
            "On texts it had never seen, the tuned model labels fewer right than the base.",
            "Keep the base; check the labels.",
        )
    return (
        "The tuned model may be a little better or a little worse than the base: these test texts "
        "cannot tell. The base vectors are kept, with a classifier on top.",
        "Label more rows: about 600 more would be enough to prove a change of this size.",
    )


def findings() -> tuple[Finding, ...]:
    """Return what the check found."""
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
            "31 texts are almost the same as another.",
            "Nothing to do: they are kept on one side of the split.",
            tuple(range(3, 60, 4)),
            "query",
        ),
        Finding(
            "truncated",
            Severity.WARNING,
            1,
            "1 text is longer than the model reads: 4% of its words are lost.",
            "Shorten it, or choose a base that reads more.",
            (88,),
            "query",
        ),
    )


def rungs() -> tuple[Rung, ...]:
    """Return a ladder whose rungs ended in every way."""
    return (
        Rung("base", "The base as it is, with a logistic probe", RungStatus.DONE, 1.2, 0.9, 0.874),
        Rung("linear", "Closed-form linear tuner", RungStatus.DONE, 0.4, 0.31, 0.921, chosen=True),
        Rung("network", "Feed-forward tuner", RungStatus.DONE, 4.0, 5.2, 0.918),
        Rung(
            "top",
            "Label-contrastive, top layers",
            RungStatus.FAILED,
            18.0,
            3.1,
            None,
            "the loss was not finite in step 41",
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
            "would not fit into the budget of 5 minutes",
        ),
    )
