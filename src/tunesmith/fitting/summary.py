"""Everything that a fit found, gathered for the model folder and the report."""

import os
import platform
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version

from tunesmith.data.statistics import class_counts
from tunesmith.datasets.training_data import Material
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.model_files.locate import locate
from tunesmith.evaluation.pairs.triplets import TRIPLET_ACCURACY
from tunesmith.fitting.outcome import Trial
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


def summarise(material: Material, settings: Settings, trial: Trial, seconds: float) -> Summary:
    """Return the summary of a fit; it holds no text of the user's."""
    climb = trial.finalists.climb
    judged = _judged(trial, settings)
    inspection = material.inspection
    return Summary(
        source=inspection.name,
        kind=material.examples.kind,
        decision=inspection.detected.reason,
        goal=settings.goal,
        base=settings.base,
        base_digest=folder_digest(locate(settings.base)),
        data_digest=material.digest,
        seed=settings.seed,
        budget=settings.budget,
        seconds=seconds,
        rows=len(material.examples),
        train=trial.train,
        validation=trial.validation,
        test=trial.test,
        folds=settings.folds,
        counts=class_counts(material.examples),
        findings=tuple(finding.without_texts() for finding in material.findings),
        reference=climb.reference,
        rungs=climb.rungs,
        chosen=climb.chosen.name,
        kept=climb.chosen.name if _is_kept(judged, trial) else climb.base.name,
        verdict=_verdict(judged, trial),
        changes=trial.opened.comparison.changes(),
        classes=trial.opened.classes,
        pairs=trial.opened.pairs,
        compared=trial.opened.compared,
        stages=trial.opened.stages,
        versions=_versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _is_kept(verdict: Verdict, trial: Trial) -> bool:
    """Whether the choice is kept: what is better, and what no one can judge by its signs."""
    pairs = trial.opened.pairs
    if pairs is not None and pairs.unjudged:
        return favoured(verdict, pairs)
    return verdict.outcome is Outcome.BETTER


def _verdict(verdict: Verdict, trial: Trial) -> Verdict:
    pairs = trial.opened.pairs
    if pairs is not None and pairs.unjudged:
        return judge_unjudged(verdict, pairs)
    return verdict


def _judged(trial: Trial, settings: Settings) -> Verdict:
    climb, opened = trial.finalists.climb, trial.opened
    words = _words(opened.pairs, climb.base)
    is_base = climb.chosen.name == climb.base.name
    if is_base and not settings.folds:
        return judge_base(opened.comparison, opened.metric, climb.rungs, words)
    title = next(rung.title for rung in climb.rungs if rung.chosen)
    title = "each fold's own" if settings.folds else title
    verdict = judge(opened.comparison, opened.metric, title, words)
    if verdict.outcome is Outcome.BETTER and trial.finalists.chosen.space.query_route:
        verdict = replace(verdict, advice=_ONLY_QUERIES)
    if opened.pairs is not None and opened.pairs.parts:
        return judge_parts(verdict, opened.pairs)
    if not (is_base and verdict.outcome is Outcome.BETTER):
        return verdict
    return replace(
        verdict,
        outcome=Outcome.NO_PROVEN_CHANGE,
        sentence=f"{verdict.sentence} With all rows, however, validation preferred the untouched "
        "base, so the base is kept, with a classifier trained on it.",
        advice="Give a larger --budget, or another --seed, and compare.",
    )


def _words(pairs: PairFindings | None, base: Candidate) -> Words:
    if pairs is None:
        return OF_LABELS
    if pairs.chosen_by == TRIPLET_ACCURACY and base.score > _MINED:
        return replace(OF_PAIRS, more=_MINED_BY_BASE)
    return OF_SEARCH if pairs.collection else OF_PAIRS


def _versions() -> dict[str, str]:
    return {
        "tunesmith": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "cores": str(os.cpu_count()),
    }
