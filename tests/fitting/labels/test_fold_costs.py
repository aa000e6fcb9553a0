"""The work of training in folds, and how many folds fit the time."""

from dataclasses import replace
from pathlib import Path

import pytest

from tunesmith.datasets.training_data import DataOptions, load_training_data
from tunesmith.events import ignore
from tunesmith.fitting.cross_validation import CrossValidation
from tunesmith.fitting.labels.cross_fitting import cross_task
from tunesmith.fitting.labels.fold_costs import FoldCosts
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.task import Abandoned, Space
from tunesmith.fitting.workspace import Workspace
from tunesmith.recipes.contrastive import ContrastiveRecipe
from tunesmith.results.summary import Rung, RungStatus
from tunesmith.stop import Stop

COUNTS = (5, 3, 2)
MANY = FoldCosts(ContrastiveRecipe(), 1_000)


@pytest.mark.parametrize("rows", [100, 300, 1_000, 4_000])
def test_more_folds_cost_more(rows: int) -> None:
    costs = FoldCosts(ContrastiveRecipe(), rows)
    assert 1 == costs.total(0) < costs.total(2) < costs.total(3) < costs.total(5) <= 6.5


def test_a_fold_of_many_rows_costs_its_share_of_the_rows() -> None:
    assert MANY.share(2) == pytest.approx(0.5)
    assert MANY.share(5) == pytest.approx(0.8)


def test_the_chosen_folds_and_the_last_training_fit_the_time() -> None:
    for left in range(60, 400, 20):
        count = MANY.affordable(COUNTS, left, 30)
        assert MANY.total(count) * 30 <= left or count == min(COUNTS)


def test_a_later_candidate_keeps_the_time_for_its_fewest_folds() -> None:
    left = 245.0
    assert MANY.affordable(COUNTS, left, 30) == 5
    count = MANY.affordable(COUNTS, left, 30, [71])
    assert count == 3
    assert left - count * MANY.share(count) * 30 >= MANY.total(2) * 71


def test_a_later_candidate_without_a_chance_keeps_no_time() -> None:
    assert MANY.affordable(COUNTS, 200, 30, [500]) == MANY.affordable(COUNTS, 200, 30)


@pytest.mark.parametrize(("share", "gives_way"), [(1.5, False), (0.5, True), (-0.5, False)])
def test_a_candidate_on_vectors_gives_way_to_one_that_trains_weights(
    tiny_model: Path, toy_tickets: Path, tmp_path: Path, share: float, *, gives_way: bool
) -> None:
    """It is skipped where there is time for one of them only; ``share`` is what is left for it."""
    settings = Settings(base=str(tiny_model), budget=None)
    data = load_training_data(str(toy_tickets), {}, DataOptions(), settings.base, ignore)
    folding = CrossValidation(5, "few rows", flexible=True)
    task = cross_task(data, settings, Workspace(tmp_path), Stop(), folding)
    own, other = (
        Rung(name, f"The {name}", RungStatus.SKIPPED, estimate=task.cost(once))
        for name, once in (("network", 10.0), ("top", 70.0))
    )
    stop = Stop(task.least(other) + share * task.least(own))
    task = replace(task, planned=(own, other), stop=stop)

    def made(_: object) -> Space:
        raise FileNotFoundError

    with pytest.raises(Abandoned if gives_way else FileNotFoundError):
        task.evaluate(own, made, ())
