"""Fit pairs of any kind: by cross-fitting, or with a single held-out test set."""

from dataclasses import replace

from tunesmith.datasets.training_data import TrainingData
from tunesmith.events import Note
from tunesmith.fitting.cross_validation import CrossValidation, decide_folds, describe_folding
from tunesmith.fitting.outcome import FitOutcome, Run
from tunesmith.fitting.pairs.cross_fitting import cross_fit_pairs, pair_cross_task
from tunesmith.fitting.pairs.rungs import pair_rung_plans
from tunesmith.fitting.pairs.trial import choose_or_given, fit_pairs_once
from tunesmith.fitting.plans import measure_speed
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.workspace import TRAINED, Workspace
from tunesmith.stop import Stop

_FEWER_FOLDS = (3, 2)
# The first candidate that trains weights may take this share of the budget.
_MOST_OF_THE_BUDGET = 0.8


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
    >>> run = Run(print, Stop())
    >>> outcome = fit_pairs(data, Settings(), Workspace(folder), run)    # doctest: +SKIP
    >>> outcome.finalists.chosen.name                                    # doctest: +SKIP
    'top'
    """
    folding = decide_folds(data, settings)
    if folding.flexible:
        folding = _affordable(data, settings, space, folding)
    run.on_event(Note(describe_folding(folding)))
    method = cross_fit_pairs if folding.folds else fit_pairs_once
    return method(data, settings, space, run, folding)


def _affordable(
    data: TrainingData, settings: Settings, space: Workspace, folding: CrossValidation
) -> CrossValidation:
    """Return the largest number of folds in which the budget allows to train weights.

    If it allows a single training only, there are no folds. If it allows none, the folds are kept
    for the candidates that train no weights.
    """
    if settings.budget is None:
        return folding
    task, _ = pair_cross_task(data, settings, space, Stop(), folding)
    speed = measure_speed(task)
    plans = pair_rung_plans(task, choose_or_given(task.train, settings.training), settings)
    once = min(each.estimate(speed) for each in plans if each.name in TRAINED)
    available = _MOST_OF_THE_BUDGET * settings.budget
    for count in (folding.folds, *_FEWER_FOLDS):
        if (count + 1) * once <= available:
            return replace(folding, folds=count)
    if once <= available:
        reason = "the budget allows weights to be trained once, not in every fold"
        return CrossValidation(0, reason)
    return folding
