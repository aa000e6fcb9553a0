"""The candidates of a fit and the cost of each recipe, measured on this machine."""

from dataclasses import dataclass

from tunesmith.advice.costs import RecipeCost, recipe_costs
from tunesmith.datasets.training_data import TrainingData
from tunesmith.fitting.labels.rungs import rung_plans
from tunesmith.fitting.labels.split import split_labelled
from tunesmith.fitting.labels.trial import all_labels, make_task
from tunesmith.fitting.ladder import plan
from tunesmith.fitting.pairs.rungs import pair_rung_plans
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
    """The candidates of a fit, the cost of each recipe, and the reason if there are none."""

    rungs: tuple[Rung, ...]
    recipes: tuple[RecipeCost, ...]
    obstacle: str = ""


def label_plans(data: TrainingData, settings: Settings) -> Plans:
    """Plan a fit of labelled text and estimate every recipe's cost."""
    split = split_labelled(data, settings.seed)
    stop, space = Stop(settings.budget), Workspace(current_home().work)
    labels = all_labels(data)
    task = make_task(split.train, split.validation, labels, settings, space, stop)
    speed = measure_speed(task)
    choice = choose_recipe(split.train)
    costs = recipe_costs(split.train, speed, choice, texts=len(task.texts), seed=settings.seed)
    return Plans(plan(rung_plans(split.train, settings.seed), speed), costs)


def pair_plans(data: TrainingData, settings: Settings) -> Plans:
    """Plan a fit of pairs, retrieval data or unlabelled text and estimate every recipe's cost."""
    task = prepare_pairs(data, settings, Workspace(current_home().work), Stop()).task
    speed = measure_speed(task)
    choice = choose_recipe(task.train)
    costs = recipe_costs(task.train, speed, choice, texts=len(task.learned), seed=settings.seed)
    return Plans(plan(pair_rung_plans(task, choice, settings), speed), costs)
