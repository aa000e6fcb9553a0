"""Everything that a fit found, gathered for the model folder and the report."""

import os
import platform
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version

from tunesmith.data.statistics import class_counts
from tunesmith.datasets.training_data import TrainingData
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.model_files.locate import locate
from tunesmith.evaluation.pairs.triplets import TRIPLET_ACCURACY
from tunesmith.fitting.outcome import FitOutcome
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.task import Candidate
from tunesmith.fitting.verdict import (
    OF_LABELS,
    OF_PAIRS,
    OF_SEARCH,
    Words,
    favoured,
    judge,
    judge_base,
    judge_parts,
    judge_unjudged,
)
from tunesmith.results.summary import Outcome, PairFindings, Summary, Verdict
from tunesmith.version import __version__

# Negatives that a base mined with a margin are behind its positives by construction.
_MINED = 0.99
_MINED_BY_BASE = (
    "The base has nearly every negative of validation behind its positive, as it has where it "
    "mined them itself: choose by something else, such as judged pairs (--validation)."
)
_ONLY_QUERIES = (
    "Use the tuned model for queries; documents keep the vectors that they have, so none need be "
    "embedded again."
)
LIBRARIES = ("torch", "sentence-transformers", "transformers", "scikit-learn", "numpy")


def summarise(
    data: TrainingData, settings: Settings, outcome: FitOutcome, seconds: float
) -> Summary:
    """Return the summary of a fit; it holds no text of the user's."""
    run_ladder = outcome.finalists.ladder
    judged = _judged(outcome, settings)
    inspection = data.inspection
    return Summary(
        source=inspection.name,
        kind=data.examples.kind,
        decision=inspection.detected.reason,
        goal=settings.goal,
        base=settings.base,
        base_digest=folder_digest(locate(settings.base)),
        data_digest=data.digest,
        seed=settings.seed,
        budget=settings.budget,
        seconds=seconds,
        rows=len(data.examples),
        train=outcome.train,
        validation=outcome.validation,
        test=outcome.test,
        folds=settings.folds,
        counts=class_counts(data.examples),
        findings=tuple(finding.without_texts() for finding in data.findings),
        reference=run_ladder.reference,
        rungs=run_ladder.rungs,
        chosen=run_ladder.chosen.name,
        kept=run_ladder.chosen.name if _is_kept(judged, outcome) else run_ladder.base.name,
        verdict=_verdict(judged, outcome),
        changes=outcome.test_result.comparison.changes(),
        classes=outcome.test_result.classes,
        pairs=outcome.test_result.pairs,
        compared=outcome.test_result.compared,
        stages=outcome.test_result.stages,
        versions=_versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _is_kept(verdict: Verdict, outcome: FitOutcome) -> bool:
    """Whether the choice is kept: what is better, and what no one can judge by its signs."""
    pairs = outcome.test_result.pairs
    if pairs is not None and pairs.unjudged:
        return favoured(verdict, pairs)
    return verdict.outcome is Outcome.BETTER


def _verdict(verdict: Verdict, outcome: FitOutcome) -> Verdict:
    pairs = outcome.test_result.pairs
    if pairs is not None and pairs.unjudged:
        return judge_unjudged(verdict, pairs)
    return verdict


def _judged(outcome: FitOutcome, settings: Settings) -> Verdict:
    run_ladder, test_result = outcome.finalists.ladder, outcome.test_result
    words = _words(test_result.pairs, run_ladder.base)
    is_base = run_ladder.chosen.name == run_ladder.base.name
    if is_base and not settings.folds:
        return judge_base(test_result.comparison, test_result.metric, run_ladder.rungs, words)
    title = next(rung.title for rung in run_ladder.rungs if rung.chosen)
    title = "each fold's own" if settings.folds else title
    verdict = judge(test_result.comparison, test_result.metric, title, words)
    if verdict.outcome is Outcome.BETTER and outcome.finalists.chosen.space.query_route:
        verdict = replace(verdict, advice=_ONLY_QUERIES)
    if test_result.pairs is not None and test_result.pairs.parts:
        return judge_parts(verdict, test_result.pairs)
    if not (is_base and verdict.outcome is Outcome.BETTER):
        return verdict
    return replace(
        verdict,
        outcome=Outcome.NO_PROVEN_CHANGE,
        sentence=f"{verdict.sentence} With all rows, however, validation preferred the untouched "
        "base, so the base is kept, with a classifier trained on it.",
        advice=(
            "Give another --seed, and compare."
            if settings.budget is None
            else "Give a larger --budget, or another --seed, and compare."
        ),
    )


def _words(pairs: PairFindings | None, base: Candidate) -> Words:
    if pairs is None:
        return OF_LABELS
    if pairs.chosen_by == TRIPLET_ACCURACY and base.score > _MINED:
        return replace(OF_PAIRS, more=_MINED_BY_BASE)
    return OF_SEARCH if pairs.corpus_type else OF_PAIRS


def _versions() -> dict[str, str]:
    return {
        "tunesmith": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "cores": str(os.cpu_count()),
    }
