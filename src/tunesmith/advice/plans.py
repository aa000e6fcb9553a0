"""The candidates of a fit and the cost of each recipe, measured on this machine."""

from dataclasses import dataclass, replace

from tunesmith.advice.costs import RecipeCost, recipe_costs
from tunesmith.datasets.training_data import TrainingData
from tunesmith.fitting.labels.fit import planned_task
from tunesmith.fitting.labels.rungs import rung_plans
from tunesmith.fitting.ladder import plan
from tunesmith.fitting.pairs.cross_fitting import pair_cross_task
from tunesmith.fitting.pairs.fit import choose_folds
from tunesmith.fitting.pairs.rungs import pair_rung_plans
from tunesmith.fitting.pairs.task import PairTask
from tunesmith.fitting.pairs.trial import prepare_pairs
from tunesmith.fitting.plans import measure_speed
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.workspace import Workspace
from tunesmith.home import current_home
from tunesmith.recipes.choose import choose_recipe
from tunesmith.results.summary import Rung
from tunesmith.stop import Stop


@dataclass(frozen=True, eq=False)
class Plans:
    """The candidates of a fit, the cost of each recipe, and the reason if there are none.

    ``folds`` is the number of folds in which a fit tests every row; 0 for a held-out test set.
    """

    rungs: tuple[Rung, ...]
    recipes: tuple[RecipeCost, ...]
    obstacle: str = ""
    folds: int = 0


def label_plans(data: TrainingData, settings: Settings) -> Plans:
    """Plan a fit of labelled text and estimate every recipe's cost."""
    stop, space = Stop(settings.budget), Workspace(current_home().work)
    task, folding = planned_task(data, settings, space, stop)
    train, speed = task.train.examples, measure_speed(task.base, task.texts)
    choice = choose_recipe(train)
    costs = recipe_costs(train, speed, choice, texts=len(task.texts), seed=settings.seed)
    rungs = plan(task, rung_plans(train, settings.seed), speed)
    return Plans(rungs, costs, folds=folding.folds)


def pair_plans(data: TrainingData, settings: Settings) -> Plans:
    """Plan a fit of pairs, retrieval data or unlabelled text and estimate every recipe's cost."""
    space = Workspace(current_home().work)
    folding, _ = choose_folds(data, replace(settings, budget=None), space)
    task: PairTask
    if folding.folds:
        task, _ = pair_cross_task(data, settings, space, Stop(), folding)
    else:
        task = prepare_pairs(data, settings, space, Stop()).task
    speed = measure_speed(task.base, task.texts)
    choice = choose_recipe(task.train)
    costs = recipe_costs(task.train, speed, choice, texts=len(task.learned), seed=settings.seed)
    rungs = plan(task, pair_rung_plans(task, choice, settings), speed)
    return Plans(rungs, costs, folds=folding.folds)
