"""The summary of a fit, for the model folder and the report."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version

from tunesmith.data.statistics import class_counts
from tunesmith.datasets.training_data import TrainingData
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.model_files.locate import locate
from tunesmith.evaluation.labels.label_errors import suspected_label_finding
from tunesmith.evaluation.pairs.triplets import TRIPLET_ACCURACY
from tunesmith.fitting.outcome import FitOutcome
from tunesmith.fitting.settings import AUTO, Settings
from tunesmith.fitting.task import Candidate
from tunesmith.fitting.verdict import (
    LABEL_PHRASING,
    PAIR_PHRASING,
    RETRIEVAL_PHRASING,
    Phrasing,
    decide,
    decide_base,
    label_free_gain,
    label_free_verdict,
    seen_unseen_verdict,
    with_skipped,
)
from tunesmith.kinds import Examples
from tunesmith.results.finding import Finding
from tunesmith.results.summary import Outcome, PairFindings, Summary, Verdict
from tunesmith.version import __version__

# A base ranks negatives that it mined with a margin below its positives by construction.
_SATURATED = 0.99
_SATURATED_ADVICE = (
    "The base already ranks nearly every validation negative below its positive, as happens when "
    "it mined the negatives itself: validate on other data, such as labelled pairs (`validation`)."
)
_QUERY_MAP_ADVICE = (
    "Use the tuned model for queries. Document embeddings do not change, so none need to be "
    "embedded again."
)
LIBRARIES = ("torch", "sentence-transformers", "transformers", "scikit-learn", "numpy")


def summarise(
    data: TrainingData, settings: Settings, outcome: FitOutcome, seconds: float
) -> Summary:
    """Return the summary of a fit; it contains no text from the user's data."""
    ladder = outcome.finalists.ladder
    verdict = with_skipped(_compare(outcome, settings), ladder.rungs)
    kept = ladder.chosen.name if _is_kept(verdict, outcome, settings) else ladder.base.name
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
        folds=outcome.folding.folds if outcome.tested_out_of_fold else 0,
        counts=class_counts(data.examples),
        findings=tuple(finding.without_texts() for finding in _findings(data, outcome)),
        reference=ladder.reference,
        rungs=ladder.rungs,
        chosen=ladder.chosen.name,
        kept=kept,
        verdict=_verdict(verdict, outcome),
        changes=outcome.test_result.comparison.changes(),
        classes=outcome.test_result.classes,
        pairs=outcome.test_result.pairs,
        compared=outcome.test_result.compared,
        stages=outcome.test_result.stages,
        versions=_versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        calibration=outcome.test_result.calibrations.get(kept),
        folds_reason=_describe_folding(outcome),
    )


def _findings(data: TrainingData, outcome: FitOutcome) -> tuple[Finding, ...]:
    """Return the findings of the check, and that of suspected label errors, if any."""
    suspected = suspected_label_finding(outcome.test_result.evidence.suspects)
    return data.findings if suspected is None else (*data.findings, suspected)


def finding_texts(data: TrainingData, findings: Sequence[Finding]) -> tuple[Mapping[int, str], ...]:
    """Return the texts of the first rows of each finding by row number, for the report.

    Parameters
    ----------
    data
        The training data.
    findings
        The findings of the summary, which quote no texts.

    Rows that are not trained on have no text, nor have those of other files.
    """
    own = {finding.without_texts() for finding in data.inspection.findings}
    texts = _texts_by_row(data.examples)
    return tuple(
        {row: texts[row] for row in finding.rows if row in texts and finding in own}
        for finding in findings
    )


def _texts_by_row(examples: Examples) -> dict[int, str]:
    if not examples.text_roles:  # queries and documents are in files of their own
        return {}
    joined = map(" · ".join, zip(*map(examples.texts, examples.text_roles), strict=True))
    return dict(zip(examples.rows.tolist(), joined, strict=True))


def _describe_folding(outcome: FitOutcome) -> str:
    folding = outcome.folding
    if folding.folds and not outcome.tested_out_of_fold:
        return f"candidate chosen in {folding.folds} folds; tested on separate test data"
    return folding.reason


def _is_kept(verdict: Verdict, outcome: FitOutcome, settings: Settings) -> bool:
    """Whether the chosen model is kept: if better, or for unlabelled text by label-free metrics.

    For classification, a model that is likely better is kept too, unless the settings differ.
    """
    pairs = outcome.test_result.pairs
    if pairs is not None and pairs.unproven:
        return label_free_gain(verdict, pairs)
    return verdict.outcome is Outcome.BETTER or (verdict.likely and keeps_likely(settings, pairs))


def keeps_likely(settings: Settings, pairs: PairFindings | None) -> bool:
    """Return whether a model that is only likely better is kept; ``pairs`` is None with labels."""
    classifies = pairs is None and settings.goal == "classify"
    return settings.keep == "likely" or (settings.keep == AUTO and classifies)


def _verdict(verdict: Verdict, outcome: FitOutcome) -> Verdict:
    pairs = outcome.test_result.pairs
    if pairs is not None and pairs.unproven:
        return label_free_verdict(verdict, pairs)
    return verdict


def _compare(outcome: FitOutcome, settings: Settings) -> Verdict:
    ladder, test_result = outcome.finalists.ladder, outcome.test_result
    phrasing = _phrasing(test_result.pairs, ladder.base)
    is_base = ladder.chosen.name == ladder.base.name
    if is_base:
        folds = outcome.folding.folds
        return decide_base(
            test_result.comparison, test_result.metric, ladder.rungs, phrasing, folds=folds
        )
    title = next(rung.title for rung in ladder.rungs if rung.chosen)
    keep = keeps_likely(settings, test_result.pairs)
    verdict = decide(test_result.comparison, test_result.metric, title, phrasing, keep=keep)
    if verdict.outcome is Outcome.BETTER and ladder.chosen.name == "map" and _maps_queries(outcome):
        verdict = replace(verdict, advice=_QUERY_MAP_ADVICE)
    if test_result.pairs is not None and test_result.pairs.parts:
        return seen_unseen_verdict(verdict, test_result.pairs)
    return verdict


def _maps_queries(outcome: FitOutcome) -> bool:
    return bool(outcome.finalists.chosen.space.query_route)


def _phrasing(pairs: PairFindings | None, base: Candidate) -> Phrasing:
    if pairs is None:
        return LABEL_PHRASING
    if pairs.chosen_by == TRIPLET_ACCURACY and base.score > _SATURATED:
        return replace(PAIR_PHRASING, inconclusive=_SATURATED_ADVICE)
    return RETRIEVAL_PHRASING if pairs.corpus_type else PAIR_PHRASING


def _versions() -> dict[str, str]:
    return {
        "tunesmith": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "cores": str(os.cpu_count()),
    }
