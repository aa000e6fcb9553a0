"""Fit labelled text: by cross-fitting, or with a single held-out test set."""

from tunesmith.datasets.training_data import TrainingData
from tunesmith.encoders.model_files.locate import locate
from tunesmith.events import Note
from tunesmith.fitting.cross_validation import (
    CrossValidation,
    decide_folds,
    describe_folding,
    within_budget,
)
from tunesmith.fitting.labels.cross_fitting import cross_fit, cross_task
from tunesmith.fitting.labels.fold_costs import FoldCosts
from tunesmith.fitting.labels.rungs import rung_plans
from tunesmith.fitting.labels.split import split_labelled
from tunesmith.fitting.labels.task import LabelTask, with_labels
from tunesmith.fitting.labels.trial import all_labels, fit_once, given_recipe, make_task
from tunesmith.fitting.outcome import FitOutcome, Run
from tunesmith.fitting.plans import Speed, fastest_training, measure_speed
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.workspace import Workspace
from tunesmith.stop import Stop


def fit_labelled(data: TrainingData, settings: Settings, space: Workspace, run: Run) -> FitOutcome:
    """Try the candidates on labelled text, choose one and test it.

    Parameters
    ----------
    data
        Labelled text.
    settings
        Settings of the fit.
    space
        Folder for finished rungs.
    run
        Receiver of events, and the token.

    Returns
    -------
    FitOutcome
        Finalists with their test result, and the size of each set.

    Raises
    ------
    DataError
        There are too few rows for the folds or sets.
    Cancelled
        The token was cancelled, or set before the base was evaluated.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from tunesmith.datasets.training_data import DataOptions, load_training_data
    >>> from tunesmith.events import ignore
    >>> settings = Settings(budget=0.1)    # time for the base only
    >>> rows = pd.read_csv("examples/tickets.csv", nrows=90)
    >>> data = load_training_data(rows, {}, DataOptions(), settings.base, ignore)
    >>> outcome = fit_labelled(data, settings, Workspace(Path("work")), Run(ignore, Stop()))
    >>> outcome.finalists.chosen.name
    'base'
    """
    folding, speed = decide_folds(data, settings), None
    if folding.folds:
        speed = measure_speed(locate(settings.base), data.examples.texts())
        folding = affordable_folds(folding, data, settings, speed)
    run.on_event(Note(describe_folding(folding)))
    if speed is None or not folding.folds:
        return fit_once(data, settings, space, run, folding)
    return cross_fit(data, settings, space, run, folding, speed)


def affordable_folds(
    folding: CrossValidation, data: TrainingData, settings: Settings, speed: Speed
) -> CrossValidation:
    """Return a single held-out set in place of folds if the budget allows weights no folds.

    Parameters
    ----------
    folding
        How the fit would be tested with enough time.
    data, settings
        As for :func:`fit_labelled`.
    speed
        Speed of the base on this data.
    """
    if not folding.flexible or settings.budget is None:
        return folding
    examples, recipe = with_labels(data.examples), given_recipe(settings)
    once = fastest_training(rung_plans(examples, settings.seed, recipe), speed)
    costs = FoldCosts(recipe, len(examples))
    affordable = within_budget(folding, lambda count: once * costs.total(count), settings.budget)
    return folding if affordable.folds else affordable  # each candidate has its own number


def planned_task(
    data: TrainingData, settings: Settings, space: Workspace, stop: Stop
) -> tuple[LabelTask, CrossValidation]:
    """Return the task that a fit would give to the ladder, and how it would be tested.

    Parameters
    ----------
    data, settings, space
        As for :func:`fit_labelled`.
    stop
        Token with the time left.

    Raises
    ------
    DataError
        There are too few rows for the folds or sets.
    """
    folding = decide_folds(data, settings)
    if folding.folds:
        return cross_task(data, settings, space, stop, folding), folding
    split = split_labelled(data, settings.seed)
    labels = all_labels(data)
    return make_task(split.train, split.validation, labels, settings, space, stop), folding
