"""Everything that a fit found, gathered for the model folder and the report."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version

from tunesmith import __version__
from tunesmith.encoders.digest import folder_digest
from tunesmith.encoders.locate import locate
from tunesmith.fitting.proof import judge
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.sides import Material
from tunesmith.fitting.task import headline
from tunesmith.fitting.trial import Trial
from tunesmith.kinds import Multilabel
from tunesmith.results import Outcome, Summary

LIBRARIES = ("torch", "sentence-transformers", "transformers", "scikit-learn", "numpy")


def summarise(material: Material, settings: Settings, trial: Trial, seconds: float) -> Summary:
    """Return the summary of a fit; it holds no text of the user's."""
    climb = trial.finalists.climb
    metric = headline(settings.goal, multilabel=isinstance(material.examples, Multilabel))
    is_base = climb.chosen.name == climb.base.name and not settings.folds
    title = next(rung.title for rung in climb.rungs if rung.chosen)
    verdict = judge(trial.comparison, metric, title, is_base=is_base)
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
        counts=inspection.counts,
        findings=material.findings,
        reference=climb.reference,
        rungs=climb.rungs,
        chosen=climb.chosen.name,
        kept=climb.chosen.name if verdict.outcome is Outcome.BETTER else climb.base.name,
        verdict=verdict,
        changes=trial.comparison.changes(),
        classes=trial.comparison.class_changes(),
        versions=_versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _versions() -> dict[str, str]:
    return {
        "tunesmith": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "cores": str(os.cpu_count()),
    }
