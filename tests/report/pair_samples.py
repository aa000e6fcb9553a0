"""Sample results of fits on labelled pairs, scored pairs, retrieval data and triplets."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tests.report.report_samples import Sample, few
from tunesmith.results.evidence import Evidence, PairEvidence
from tunesmith.results.finding import Finding, Severity
from tunesmith.results.summary import (
    Change,
    ClassCount,
    Outcome,
    PairFindings,
    Part,
    Rung,
    RungStatus,
    Summary,
    Verdict,
)

SUBJECTS = ("my parcel", "the refund", "a new card", "the lamp", "this order", "a return code")
QUESTIONS = ("where is", "how do i get", "who sends", "when comes", "can i still change")
FORGETTING = Change("Spearman, cosine", 0.881, 0.869, -0.021, -0.004)
NO_FORGETTING = Change("Spearman, cosine", 0.881, 0.879, -0.009, 0.006)


def judged() -> Sample:
    """Labelled pairs, 240 tested: better, but worse without blending."""
    gold = np.tile([1.0, 0.0, 0.0], 80)
    rng = np.random.default_rng(2)
    before = np.clip(0.45 + 0.22 * gold + rng.normal(scale=0.15, size=240), -0.1, 1)
    after = np.clip(0.25 + 0.5 * gold + rng.normal(scale=0.13, size=240), -0.2, 1)
    changes = (
        Change("average precision", 0.781, 0.912, 0.09, 0.171),
        Change("best F1", 0.744, 0.86, 0.07, 0.16),
    )
    findings = PairFindings(
        "ranking",
        "400 of 1,200 pairs are positive, and 61% of these have a text that is also in a negative "
        "pair. The ranking loss uses those as hard negatives.",
        "labelled_pairs held out of questions.csv",
        chosen_by="average precision",
        shares={"top": 0.5, "whole": 0.25},
        unguarded=Change("average precision", 0.781, 0.742, -0.06, -0.02),
        forgetting=NO_FORGETTING,
    )
    evidence = PairEvidence("labelled", *_texts(240), gold, before, after)
    sample = _sample("labelled_pairs", changes, findings, evidence, Outcome.BETTER)
    counts = (ClassCount("0", 640, 2 / 3), ClassCount("1", 320, 1 / 3))
    return Sample(replace(sample.summary, counts=counts), sample.evidence)


def scored() -> Sample:
    """NLI data tested on 1,800 scored pairs, with another metric on validation: worse."""
    rng = np.random.default_rng(3)
    gold = np.round(rng.random(1800) * 25) / 25
    before = np.clip(0.1 + 0.75 * gold + rng.normal(scale=0.12, size=1800), -0.1, 1)
    after = np.clip(0.3 + 0.45 * gold + rng.normal(scale=0.17, size=1800), -0.1, 1)
    changes = (
        Change("Spearman, cosine", 0.867, 0.821, -0.058, -0.034),
        Change("Pearson, cosine", 0.869, 0.818, -0.063, -0.037),
    )
    findings = PairFindings(
        "ranking",
        "8,000 of 20,000 rows are entailments. Contradictions are hard negatives.",
        "scored_pairs of a test file",
        chosen_by="average precision",
        shares={"top": 1.0},
        unguarded=Change("Spearman, cosine", 0.867, 0.801, -0.08, -0.05),
        forgetting=FORGETTING,
    )
    evidence = PairEvidence("scored", *_texts(1800), gold, before, after)
    return _sample("nli", changes, findings, evidence, Outcome.WORSE)


def searched() -> Sample:
    """Retrieval with 300 queries, two thirds of them seen, and a tuned query encoder."""
    rng = np.random.default_rng(4)
    gold = (rng.random(300) < 0.65).astype(np.float64)
    before = np.floor(np.exp(rng.exponential(1.7, size=300)))
    after = np.where(gold > 0, np.ceil(before / rng.choice([1, 2, 5], 300)), before)
    after = np.where(rng.random(300) < 0.15, np.ceil(after * 3), after)
    overall, seen, unseen = (_metrics(*ends) for ends in ((0.64, 0.74), (0.65, 0.83), (0.63, 0.6)))
    findings = PairFindings(
        "ranking",
        "919 positive pairs: multiple-negatives ranking loss with in-batch negatives.",
        "retrieval held out of /srv/ann/science",
        chosen_by="nDCG@10",
        corpus_type="open",
        parts=(Part("seen", 196, seen), Part("unseen", 104, unseen)),
        forgetting=NO_FORGETTING,
    )
    evidence = PairEvidence("search", *_texts(300), gold, before, after)
    return _sample("retrieval", overall, findings, evidence, Outcome.BETTER, "map")


def triplets() -> Sample:
    """Nine triplets without a change: the base was chosen and no weights were trained."""
    level = Change("triplet accuracy", 0.889, 0.889, 0.0, 0.0)
    gold, cosines = np.repeat([1.0, 0.0], 9), np.linspace(0.9, 0.1, 18)
    findings = PairFindings(
        "triplet", "Each of 45 rows has a negative.", "triplets held out of t.jsonl"
    )
    evidence = PairEvidence("labelled", *_texts(18), gold, cosines, cosines)
    return _sample("triplets", (level,), findings, evidence, Outcome.NO_PROVEN_CHANGE, "base")


def nasty_pairs(sample: Sample, text: str) -> Sample:
    """Return the sample with every string replaced by ``text``."""
    pairs, findings, old = sample.evidence.pairs, sample.summary.pairs, sample.summary
    assert pairs is not None
    assert findings is not None
    texts = (text,) * len(pairs.left)
    summary = replace(
        old,
        source=text,
        decision=text,
        base=text,
        findings=(Finding("x", Severity.ERROR, 3, text, text, (1, 2), text),),
        verdict=replace(old.verdict, sentence=text, advice=text),
        rungs=tuple(replace(rung, title=text, reason=text) for rung in old.rungs),
        pairs=replace(findings, recipe=text, why=text, judged_by=text, corpus_type=text),
    )
    return Sample(summary, Evidence.of_pairs(replace(pairs, left=texts, right=texts)))


def _texts(rows: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    texts = [
        tuple(
            f"{QUESTIONS[(row + step) % 5]} {SUBJECTS[(row // (1 + step)) % 6]}? (no. {row})"
            for row in range(rows)
        )
        for step in (0, 2)
    ]
    return texts[0], texts[1]


def _metrics(base: float, tuned: float) -> tuple[Change, ...]:
    shifts: Mapping[str, float] = {
        "nDCG@10": 0.0,
        "MRR@10": -0.03,
        "recall@1": -0.12,
        "recall@10": 0.14,
        "recall@100": 0.27,
        "MAP@100": -0.04,
    }
    gain = tuned - base
    return tuple(
        Change(
            name,
            base + shift,
            tuned + 0.9 * shift,
            gain - 0.1 * shift - 0.04,
            gain - 0.1 * shift + 0.04,
        )
        for name, shift in shifts.items()
    )


def _rungs(chosen: str) -> tuple[Rung, ...]:
    ladder = (
        Rung("base", "Untouched base", RungStatus.DONE, 1.2, 0.9, 0.781),
        Rung("map", "Linear map on vectors", RungStatus.DONE, 0.4, 0.31, 0.802),
        Rung("top", "Top layers over a frozen trunk", RungStatus.DONE, 14.0, 15.2, 0.871),
        Rung("whole", "Whole model", RungStatus.SKIPPED, 90.0, reason="needs about 90 s"),
    )
    return tuple(replace(rung, chosen=rung.name == chosen) for rung in ladder)


def _sample(
    kind: str,
    changes: tuple[Change, ...],
    findings: PairFindings,
    evidence: PairEvidence,
    outcome: Outcome,
    chosen: str = "top",
) -> Sample:
    tested = len(evidence.left) // (2 if kind == "triplets" else 1)
    summary: Summary = replace(
        few().summary,
        source=f"{kind}.csv",
        kind=kind,
        decision="two columns hold texts",
        rows=4 * tested,
        train=2 * tested,
        validation=tested,
        test=tested,
        counts=(),
        classes=(),
        variants=(),
        reference=None,
        rungs=_rungs(chosen),
        chosen=chosen,
        kept=chosen if outcome is Outcome.BETTER else "base",
        changes=changes,
        verdict=Verdict(outcome, changes[0], "It was measured on the held-out test set."),
        pairs=findings,
    )
    return Sample(summary, Evidence.of_pairs(evidence))


def percentiles(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the percentile of each value, from 0 to 1, by counting."""
    return np.array(
        [
            ((values < one).sum() + ((values == one).sum() - 1) / 2) / (len(values) - 1)
            for one in values
        ]
    )
