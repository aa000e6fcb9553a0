"""Cross-fitting: every row is predicted by models that were not trained on it.

Each candidate is trained once per fold. The candidate with the best predictions out of fold is
trained once more on all rows, and that model is saved. So the verdict is about the way the model
was made, and the choice among the candidates is part of it
(:mod:`~tunesmith.evaluation.selection`).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tunesmith.data.splits.near_duplicates import groups
from tunesmith.data.splits.split import folds
from tunesmith.datasets.training_data import TrainingData
from tunesmith.encoders.model_files.locate import locate
from tunesmith.evaluation.labels.calibration import (
    calibrate,
    calibrated_probabilities,
    measure_calibration,
)
from tunesmith.evaluation.labels.label_errors import suspected_labels
from tunesmith.evaluation.labels.label_scores import class_changes
from tunesmith.evaluation.labels.predictions import Vectors
from tunesmith.evaluation.labels.probe import STRENGTHS, fit_probe
from tunesmith.evaluation.selection import Selection
from tunesmith.events import Note, Planned, Split
from tunesmith.fitting.cross_validation import FEWER_FOLDS, CrossValidation
from tunesmith.fitting.labels.cross_task import CrossCandidate, CrossTask
from tunesmith.fitting.labels.evidence import gather
from tunesmith.fitting.labels.finalists import LabelFinalist, Tested
from tunesmith.fitting.labels.rungs import rung_plans
from tunesmith.fitting.labels.task import LabelledSet, with_labels
from tunesmith.fitting.labels.trial import all_labels, evaluate_test, given_recipe
from tunesmith.fitting.ladder import LadderResult, plan, run_ladder
from tunesmith.fitting.outcome import Finalists, FitOutcome, Run, TestResult
from tunesmith.fitting.plans import RungPlan, Speed
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.workspace import Workspace
from tunesmith.models.familiar import FamiliarTexts
from tunesmith.models.seen import SeenTexts
from tunesmith.results.summary import Rung
from tunesmith.stop import Stop


def cross_fit(
    data: TrainingData,
    settings: Settings,
    space: Workspace,
    run: Run,
    folding: CrossValidation,
    speed: Speed,
) -> FitOutcome:
    """Score every candidate out of fold, and train the best one on all rows.

    Parameters
    ----------
    data
        Labelled text. A test file of the user is never trained on, and gives the verdict.
    settings
        Settings of the fit.
    space
        Folder for finished rungs, with a subfolder for each fold.
    run
        Receiver of events, and the token.
    folding
        Number of folds.
    speed
        Speed of the base on this data.

    Returns
    -------
    FitOutcome
        Finalists trained on all rows, with the test results out of fold or on the test file.

    Raises
    ------
    DataError
        There are fewer distinct texts than folds, or a class has a single text.
    Cancelled
        The token was cancelled, or set before the base was evaluated.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from tunesmith.datasets.training_data import DataOptions, load_training_data
    >>> from tunesmith.encoders.model_files.locate import locate
    >>> from tunesmith.events import ignore
    >>> from tunesmith.fitting.plans import measure_speed
    >>> settings = Settings(budget=0.1)    # time for the base only
    >>> rows = pd.read_csv("examples/tickets.csv", nrows=90)
    >>> data = load_training_data(rows, {}, DataOptions(), settings.base, ignore)
    >>> speed = measure_speed(locate(settings.base), data.examples.texts())
    >>> run, folding = Run(ignore, Stop()), CrossValidation(2, "as requested")
    >>> outcome = cross_fit(data, settings, Workspace(Path("work")), run, folding, speed)
    >>> outcome.finalists.chosen.name
    'base'
    """
    task = cross_task(data, settings, space, run.within(settings.budget), folding)
    everything = task.train
    own = len(np.concatenate(task.partitions[folding.folds]))
    tested = own if data.test is None else len(data.test)
    run.on_event(Split(len(everything), 0, tested, folding.folds))
    plans = rung_plans(everything.examples, task.seed, task.recipe)
    task = replace(task, planned=plan(task, plans, speed))
    run.on_event(Planned(task.planned, task.stop.left))
    ladder = _with_fewer_folds(run_ladder(task, plans, speed, run.on_event), folding)
    finalists = _train_finalists(ladder, task, plans, run)
    seen = SeenTexts.of(everything.texts, () if data.test is None else data.test.texts())
    if data.test is None:
        result = _test_out_of_fold(ladder, task)
    else:
        test = LabelledSet.of(with_labels(data.test), everything.targets.labels)
        result = evaluate_test(finalists, task.whole(), test)
    result = _with_calibration(result, ladder, task)
    return FitOutcome(finalists, result, len(everything), 0, tested, seen, folding)


def cross_task(
    data: TrainingData, settings: Settings, space: Workspace, stop: Stop, folding: CrossValidation
) -> CrossTask:
    """Return the task for the ladder.

    Parameters
    ----------
    data, settings, space, folding
        As for :func:`cross_fit`.
    stop
        Token with the time left.
    """
    examples = with_labels(data.examples)
    near = groups(examples.texts())
    counts = {folding.folds, *(FEWER_FOLDS if folding.flexible else ())}
    everything = LabelledSet.of(examples, all_labels(data))
    return CrossTask(
        train=everything,
        validation=everything,
        base=locate(settings.base),
        goal=settings.goal,
        seed=settings.seed,
        stop=stop,
        workspace=space,
        recipe=given_recipe(settings),
        partitions={
            count: folds(examples, count, seed=settings.seed, groups=near) for count in counts
        },
        most_folds=folding.folds,
    )


def _with_fewer_folds(
    ladder: LadderResult[CrossCandidate], folding: CrossValidation
) -> LadderResult[CrossCandidate]:
    """Return the ladder with a note at each candidate that had fewer folds than the others."""
    counts = {each.name: each.folds for each in ladder.candidates}

    def noted(rung: Rung) -> Rung:
        count = counts.get(rung.name, folding.folds)
        return rung if count == folding.folds else replace(rung, reason=f"{count} folds, for time")

    return replace(ladder, rungs=tuple(map(noted, ladder.rungs)))


def _train_finalists(
    ladder: LadderResult[CrossCandidate], task: CrossTask, plans: Sequence[RungPlan], run: Run
) -> Finalists:
    """Train the base's classifier and the chosen candidate on all rows."""
    make = {item.name: item.make for item in plans}
    whole = task.whole()

    def train(candidate: CrossCandidate) -> LabelFinalist:
        space = make[candidate.name](whole)
        data = whole.train
        vectors = space.encode(data.texts)
        probe = fit_probe(vectors, data.targets, STRENGTHS[candidate.strength])
        known = data.targets.take(candidate.out_of_fold.rows)
        classifier = calibrate(
            probe.classifier, candidate.logits, known, candidate.out_of_fold.fold
        )
        return LabelFinalist(
            candidate.name,
            space,
            classifier,
            Vectors(vectors, data.targets),
            data.texts,
            familiar=FamiliarTexts.of(vectors, candidate.out_of_fold.similarities),
        )

    base = train(ladder.base)
    if ladder.chosen is ladder.base:
        return Finalists(ladder, base, base)
    run.on_event(Note(f"{ladder.chosen_title} is chosen and trained on all rows"))
    return Finalists(ladder, base, train(ladder.chosen))


def _test_out_of_fold(ladder: LadderResult[CrossCandidate], task: CrossTask) -> TestResult:
    base, chosen = ladder.base, ladder.chosen
    scores = [each.scores for each in ladder.candidates]
    own = task.train.take(base.out_of_fold.rows)
    before = _tested(base, own)
    after = before if chosen is base else _tested(chosen, own)
    number = ladder.candidates.index(chosen)
    return TestResult(
        task.metric,
        Selection.among(scores, number, task.metric, seed=task.seed),
        gather(own, task.train.texts, before, after, task.seed),
        class_changes(base.scores, chosen.scores, seed=task.seed),
    )


def _tested(candidate: CrossCandidate, own: LabelledSet) -> Tested:
    found = candidate.out_of_fold
    probabilities = calibrated_probabilities(candidate.logits, own.targets, found.fold)
    return Tested(candidate.scores, found.neighbours, probabilities.max(axis=1))


def _with_calibration(
    result: TestResult, ladder: LadderResult[CrossCandidate], task: CrossTask
) -> TestResult:
    """Return the result with the calibration of base and choice, and suspected label errors."""
    own = task.train.take(ladder.base.out_of_fold.rows)
    chosen = ladder.chosen
    probabilities = calibrated_probabilities(chosen.logits, own.targets, chosen.out_of_fold.fold)
    suspects = suspected_labels(probabilities, own.targets, own.examples.rows, own.texts)
    return replace(
        result,
        evidence=replace(result.evidence, suspects=suspects),
        calibrations={
            name: measure_calibration(each.logits, own.targets, each.out_of_fold.fold)
            for name, each in {ladder.base.name: ladder.base, chosen.name: chosen}.items()
        },
    )
