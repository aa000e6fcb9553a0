"""Fit pairs of any kind: by cross-fitting, or with a single held-out test set."""

from collections.abc import Sequence

from tunesmith.datasets.training_data import TrainingData
from tunesmith.errors import DataError
from tunesmith.events import Note
from tunesmith.fitting.cross_validation import (
    FEWER_FOLDS,
    MOST_OF_THE_BUDGET,
    CrossValidation,
    decide_folds,
    describe_folding,
    within_budget,
)
from tunesmith.fitting.outcome import FitOutcome, Run
from tunesmith.fitting.pairs.cross_fitting import cross_fit_pairs, pair_cross_task
from tunesmith.fitting.pairs.folds import folds_cost
from tunesmith.fitting.pairs.rungs import pair_rung_plans
from tunesmith.fitting.pairs.trial import choose_or_given, fit_pairs_once
from tunesmith.fitting.plans import RungPlan, Speed, measure_speed
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.workspace import TRAINED, Workspace
from tunesmith.stop import Stop


def fit_pairs(data: TrainingData, settings: Settings, space: Workspace, run: Run) -> FitOutcome:
    """Try the candidates on pairs of any kind, choose one and test it.

    Parameters
    ----------
    data
        Pairs, scores, NLI, triplets, retrieval data or unlabelled text.
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
    ModelError
        The recipe cannot train the base.
    Cancelled
        The token was cancelled, or set before the base was evaluated.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tunesmith.datasets.training_data import DataOptions, load_training_data
    >>> from tunesmith.events import ignore
    >>> settings = Settings(budget=0.1)    # time for the base only
    >>> data = load_training_data("examples/pairs.csv", {}, DataOptions(), settings.base, ignore)
    >>> outcome = fit_pairs(data, settings, Workspace(Path("work")), Run(ignore, Stop()))
    >>> outcome.finalists.chosen.name
    'base'
    """
    folding, speed = choose_folds(data, settings, space)
    run.on_event(Note(describe_folding(folding)))
    if folding.folds:
        return cross_fit_pairs(data, settings, space, run, folding, speed)
    return fit_pairs_once(data, settings, space, run, folding)


def choose_folds(
    data: TrainingData, settings: Settings, space: Workspace, speed: Speed | None = None
) -> tuple[CrossValidation, Speed | None]:
    """Return how the fit is tested, and the speed of the base if it was measured.

    The automatic choice depends on the budget and the rows.

    Parameters
    ----------
    data, settings, space
        As for :func:`fit_pairs`.
    speed
        Speed of the base on this data; measured if it is needed and None.
    """
    folding = decide_folds(data, settings)
    if not folding.flexible:
        return folding, None
    try:
        task, _ = pair_cross_task(data, settings, space, Stop(), folding)
    except DataError as error:  # such as few queries, or a fold with equal scores only
        return CrossValidation(0, f"no folds are possible ({error.message})"), None
    if settings.budget is None:
        return folding, None
    speed = speed or measure_speed(task.base, task.texts)
    plans = pair_rung_plans(task, choose_or_given(task.train, settings.training), settings)
    once = _first_affordable(plans, speed, settings.budget)
    return within_budget(folding, lambda count: folds_cost(count) * once, settings.budget), speed


def _first_affordable(plans: Sequence[RungPlan], speed: Speed, budget: float) -> float:
    """Return the seconds of the first rung that can train weights in two folds and on all rows.

    The first is the better one, even if it needs more time than the next, as with more epochs.
    """
    times = [each.estimate(speed) for each in plans if each.name in TRAINED]
    least = folds_cost(min(FEWER_FOLDS))
    affordable = (once for once in times if least * once <= MOST_OF_THE_BUDGET * budget)
    return next(affordable, min(times))
