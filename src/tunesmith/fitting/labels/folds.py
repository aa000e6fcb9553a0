"""Cross-fitting: every row is tested once by models that did not see it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.splits.near_duplicates import groups
from tunesmith.data.splits.split import folds, split
from tunesmith.datasets.training_data import Material
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.item_scores import ItemScores
from tunesmith.evaluation.labels.label_scores import LabelScores, class_changes
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.events import Listener, Silence
from tunesmith.fitting.budget import Clock
from tunesmith.fitting.labels.evidence import merge
from tunesmith.fitting.labels.task import LabelTask, Side, with_labels
from tunesmith.fitting.labels.trial import all_labels, find_finalists, make_task, open_test
from tunesmith.fitting.outcome import Finalists, Opened, Trial
from tunesmith.fitting.settings import VALIDATION_SHARE, Settings
from tunesmith.fitting.workspace import Workspace
from tunesmith.results.summary import RungStatus


@dataclass(frozen=True, eq=False)
class _Folds:
    """What all folds share."""

    material: Material
    settings: Settings
    near: NDArray[np.int64]
    labels: tuple[str, ...]

    def task(self, rows: NDArray[np.int64], space: Workspace) -> LabelTask:
        """Return the task of climbing with these rows only."""
        inner = with_labels(self.material.examples).take(rows)
        validation = self.material.validation
        share = VALIDATION_SHARE if validation is None else 0.0
        division = split(
            inner, seed=self.settings.seed, test=0.0, validation=share, groups=self.near[rows]
        )
        held = with_labels(validation or inner.take(division.validation))
        clock = Clock.start(self.settings.budget / (self.settings.folds + 1))
        return make_task(inner.take(division.train), held, self.labels, self.settings, space, clock)


def cross_fitted_trial(
    material: Material, settings: Settings, space: Workspace, listener: Listener
) -> Trial:
    """Test every row once by a climb that did not see it; then climb with all rows.

    The verdict is that of the way the model is made: the model that is saved comes from the last
    climb, which no row was held back from. Ctrl-C in a fold ends the fit; the same call goes on
    where it stopped.
    """
    examples = with_labels(material.examples)
    shared = _Folds(material, settings, groups(examples.texts()), all_labels(material))
    parts = folds(examples, settings.folds, seed=settings.seed, groups=shared.near)
    opened = []
    for number, held_out in enumerate(parts, start=1):
        rest = np.setdiff1d(np.arange(len(examples)), held_out)
        task = shared.task(rest, space.part(f"fold-{number}"))
        finalists = find_finalists(task, Silence())
        _stop_if_interrupted(finalists, listener)
        test = Side.of(examples.take(held_out), shared.labels)
        opened.append(open_test(finalists, task, test, maps=False))
        listener.note(_ended(number, settings.folds, len(held_out), finalists))
    task = shared.task(np.arange(len(examples)), space)
    listener.divided(len(task.train), len(task.validation), len(examples))
    last = find_finalists(task, listener)
    return Trial(last, _join(opened), len(task.train), len(task.validation), len(examples))


def _stop_if_interrupted(finalists: Finalists, listener: Listener) -> None:
    if any(rung.status is RungStatus.INTERRUPTED for rung in finalists.climb.rungs):
        listener.note("Interrupted: the same command goes on where it stopped")
        raise KeyboardInterrupt


def _ended(number: int, count: int, tested: int, finalists: Finalists) -> str:
    chosen = finalists.climb.chosen
    return (
        f"Fold {number} of {count}: {tested} rows tested, {chosen.name} chosen "
        f"({chosen.score:.3f} on validation)"
    )


def _join(opened: Sequence[Opened]) -> Opened:
    comparisons = [part.comparison for part in opened]
    seed = comparisons[0].seed
    base = _joined([comparison.base for comparison in comparisons])
    tuned = _joined([comparison.tuned for comparison in comparisons])
    return Opened(
        opened[0].metric,
        Comparison(base, tuned, seed),
        merge([part.evidence for part in opened]),
        class_changes(base, tuned, seed=seed),
    )


def _joined(parts: Sequence[ItemScores]) -> LabelScores:
    scores = [part for part in parts if isinstance(part, LabelScores)]
    first = scores[0].targets
    values = np.vstack([part.targets.values for part in scores])
    predictions = Predictions.join([part.predictions for part in scores])
    return LabelScores(predictions, Targets(values, first.labels, first.multilabel))
