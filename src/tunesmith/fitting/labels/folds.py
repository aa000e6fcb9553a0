"""Cross-fitting: every row is tested once by a model that did not see it."""

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
from tunesmith.events import Note, Split, ignore
from tunesmith.fitting.labels.evidence import merge
from tunesmith.fitting.labels.task import LabelledSet, LabelTask, with_labels
from tunesmith.fitting.labels.trial import all_labels, evaluate_test, find_finalists, make_task
from tunesmith.fitting.outcome import Finalists, FitOutcome, Run, TestResult
from tunesmith.fitting.settings import VALIDATION_SHARE, Settings
from tunesmith.fitting.workspace import Workspace
from tunesmith.models.seen import SeenTexts
from tunesmith.stop import Stop


@dataclass(frozen=True, eq=False)
class _Folds:
    """Data and settings shared by all folds."""

    data: TrainingData
    settings: Settings
    near: NDArray[np.int64]
    labels: tuple[str, ...]
    stop: Stop

    def task(self, rows: NDArray[np.int64], space: Workspace) -> LabelTask:
        """Return the task of running the ladder on these rows only."""
        inner = with_labels(self.data.examples).take(rows)
        validation = self.data.validation
        share = VALIDATION_SHARE if validation is None else 0.0
        division = split(
            inner, seed=self.settings.seed, test=0.0, validation=share, groups=self.near[rows]
        )
        validation_set = with_labels(validation or inner.take(division.validation))
        budget = self.settings.budget
        stop = self.stop.within(budget and budget / (self.settings.folds + 1))
        return make_task(
            inner.take(division.train), validation_set, self.labels, self.settings, space, stop
        )


def cross_fit(data: TrainingData, settings: Settings, space: Workspace, run: Run) -> FitOutcome:
    """Run the ladder once per fold, testing every row once, then once more on all rows.

    The verdict is on the procedure: the saved model comes from the final run on all rows, which
    has no test set of its own.

    Parameters
    ----------
    data
        Labelled text.
    settings
        Settings of the fit, with the number of folds.
    space
        Folder for finished rungs, with a subfolder for each fold.
    run
        Receiver of events, and the token.

    Returns
    -------
    FitOutcome
        Finalists of the final run, with the test results of all folds combined.

    Raises
    ------
    DataError
        There are fewer distinct texts that can be tested than folds.
    Cancelled
        The token was set in a fold: a verdict needs all folds. The same call resumes the fit.

    Examples
    --------
    >>> settings, run = Settings(folds=5), Run(print, Stop())
    >>> outcome = cross_fit(data, settings, Workspace(Path("work")), run)    # doctest: +SKIP
    >>> outcome.finalists.chosen.name                                        # doctest: +SKIP
    'linear'
    """
    examples = with_labels(data.examples)
    shared = _Folds(data, settings, groups(examples.texts()), all_labels(data), run.stop)
    parts = folds(examples, settings.folds, seed=settings.seed, groups=shared.near)
    tested = sum(map(len, parts))
    results = []
    for number, held_out in enumerate(parts, start=1):
        rest = np.setdiff1d(np.arange(len(examples)), held_out)
        task = shared.task(rest, space.part(f"fold-{number}"))
        finalists = find_finalists(task, ignore)
        run.stop.check()
        test = LabelledSet.of(examples.take(held_out), shared.labels)
        results.append(evaluate_test(finalists, task, test, maps=False))
        run.on_event(Note(_fold_message(number, settings.folds, len(held_out), finalists)))
    task = shared.task(np.arange(len(examples)), space)
    run.on_event(Split(len(task.train), len(task.validation), tested))
    last = find_finalists(task, run.on_event)
    sizes = len(task.train), len(task.validation), tested
    seen = SeenTexts.of(task.train.texts + task.validation.texts, ())
    return FitOutcome(last, _join_results(results), *sizes, seen)


def _fold_message(number: int, count: int, tested: int, finalists: Finalists) -> str:
    chosen = finalists.ladder.chosen
    return (
        f"Fold {number} of {count}: tested {tested} rows; chose {chosen.name} "
        f"(validation score {chosen.score:.3f})"
    )


def _join_results(results: Sequence[TestResult]) -> TestResult:
    comparisons = [part.comparison for part in results]
    seed = comparisons[0].seed
    base = _join_scores([comparison.base for comparison in comparisons])
    tuned = _join_scores([comparison.tuned for comparison in comparisons])
    return TestResult(
        results[0].metric,
        Comparison(base, tuned, seed),
        merge([part.evidence for part in results]),
        class_changes(base, tuned, seed=seed),
    )


def _join_scores(parts: Sequence[ItemScores]) -> LabelScores:
    scores = [part for part in parts if isinstance(part, LabelScores)]
    first = scores[0].targets
    values = np.vstack([part.targets.values for part in scores])
    predictions = Predictions.join([part.predictions for part in scores])
    return LabelScores(predictions, Targets(values, first.labels, first.multilabel))
