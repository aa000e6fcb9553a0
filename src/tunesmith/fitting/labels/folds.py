"""Cross-fitting: every row is tested once by models that did not see it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.splits.near_duplicates import groups
from tunesmith.data.splits.split import folds, split
from tunesmith.datasets.training_data import TrainingData
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.item_scores import ItemScores
from tunesmith.evaluation.labels.label_scores import LabelScores, class_changes
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.events import Events, NullEvents
from tunesmith.fitting.budget import Clock
from tunesmith.fitting.labels.evidence import merge
from tunesmith.fitting.labels.task import LabelledSet, LabelTask, with_labels
from tunesmith.fitting.labels.trial import all_labels, evaluate_test, find_finalists, make_task
from tunesmith.fitting.outcome import Finalists, FitOutcome, TestResult
from tunesmith.fitting.settings import VALIDATION_SHARE, Settings
from tunesmith.fitting.workspace import Workspace
from tunesmith.results.summary import RungStatus


@dataclass(frozen=True, eq=False)
class _Folds:
    """What all folds share."""

    data: TrainingData
    settings: Settings
    near: NDArray[np.int64]
    labels: tuple[str, ...]

    def task(self, rows: NDArray[np.int64], space: Workspace) -> LabelTask:
        """Return the task of climbing with these rows only."""
        inner = with_labels(self.data.examples).take(rows)
        validation = self.data.validation
        share = VALIDATION_SHARE if validation is None else 0.0
        division = split(
            inner, seed=self.settings.seed, test=0.0, validation=share, groups=self.near[rows]
        )
        held = with_labels(validation or inner.take(division.validation))
        budget = self.settings.budget
        clock = Clock.start(budget and budget / (self.settings.folds + 1))
        return make_task(inner.take(division.train), held, self.labels, self.settings, space, clock)


def cross_fit(
    data: TrainingData, settings: Settings, space: Workspace, events: Events
) -> FitOutcome:
    """Test every row once by a climb that did not see it; then climb with all rows.

    The verdict is that of the way the model is made: the model that is saved comes from the last
    climb, which no row was held back from. Ctrl-C in a fold ends the fit; the same call goes on
    where it stopped.
    """
    examples = with_labels(data.examples)
    shared = _Folds(data, settings, groups(examples.texts()), all_labels(data))
    parts = folds(examples, settings.folds, seed=settings.seed, groups=shared.near)
    test_result = []
    for number, held_out in enumerate(parts, start=1):
        rest = np.setdiff1d(np.arange(len(examples)), held_out)
        task = shared.task(rest, space.part(f"fold-{number}"))
        finalists = find_finalists(task, NullEvents())
        _stop_if_interrupted(finalists, events)
        test = LabelledSet.of(examples.take(held_out), shared.labels)
        test_result.append(evaluate_test(finalists, task, test, maps=False))
        events.note(_ended(number, settings.folds, len(held_out), finalists))
    task = shared.task(np.arange(len(examples)), space)
    events.divided(len(task.train), len(task.validation), len(examples))
    last = find_finalists(task, events)
    return FitOutcome(
        last, _join(test_result), len(task.train), len(task.validation), len(examples)
    )


def _stop_if_interrupted(finalists: Finalists, events: Events) -> None:
    if any(rung.status is RungStatus.INTERRUPTED for rung in finalists.ladder.rungs):
        events.note("Interrupted: the same command goes on where it stopped")
        raise KeyboardInterrupt


def _ended(number: int, count: int, tested: int, finalists: Finalists) -> str:
    chosen = finalists.ladder.chosen
    return (
        f"Fold {number} of {count}: {tested} rows tested, {chosen.name} chosen "
        f"({chosen.score:.3f} on validation)"
    )


def _join(test_result: Sequence[TestResult]) -> TestResult:
    comparisons = [part.comparison for part in test_result]
    seed = comparisons[0].seed
    base = _joined([comparison.base for comparison in comparisons])
    tuned = _joined([comparison.tuned for comparison in comparisons])
    return TestResult(
        test_result[0].metric,
        Comparison(base, tuned, seed),
        merge([part.evidence for part in test_result]),
        class_changes(base, tuned, seed=seed),
    )


def _joined(parts: Sequence[ItemScores]) -> LabelScores:
    scores = [part for part in parts if isinstance(part, LabelScores)]
    first = scores[0].targets
    values = np.vstack([part.targets.values for part in scores])
    predictions = Predictions.join([part.predictions for part in scores])
    return LabelScores(predictions, Targets(values, first.labels, first.multilabel))
