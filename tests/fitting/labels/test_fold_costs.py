"""The work of training in folds, and how many folds fit the time."""

import pytest

from tunesmith.fitting.labels.fold_costs import FoldCosts
from tunesmith.recipes.contrastive import ContrastiveRecipe

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
