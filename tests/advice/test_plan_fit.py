"""A plan says what a fit would try, as the fit itself announces it."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.error_fields import about
from tunesmith.advice import FitPlan, plan_fit
from tunesmith.advice.ladders import Costs
from tunesmith.advice.plan_fit import _candidates
from tunesmith.errors import DataError, UsageError
from tunesmith.fitting import Settings
from tunesmith.fitting.labels.fold_costs import FoldCosts
from tunesmith.results.summary import Rung, RungStatus

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult


def titles(plan: FitPlan) -> tuple[str, ...]:
    return tuple(each.title for each in plan.candidates)


@pytest.mark.parametrize("folds", ["off", 2])
def test_a_plan_names_the_candidates_of_a_fit(
    tiny_model: Path, toy_tickets: Path, toy_fit: "FitResult", home: Path, folds: int | str
) -> None:
    settings = Settings(str(tiny_model), budget=None, cross_validate=folds)
    (plan,) = plan_fit(toy_tickets, settings)
    assert all(each.tried for each in plan.candidates)
    assert plan.testing.endswith("as requested")
    assert plan.seconds == pytest.approx(sum(each.seconds for each in plan.candidates))
    assert titles(plan) == tuple(rung.title for rung in toy_fit.summary.rungs)


def test_pairs_and_labels_are_planned_for_each_budget(
    tiny_model: Path, toy_tickets: Path, examples: Path, home: Path
) -> None:
    for source in (toy_tickets, examples / "pairs.csv"):
        short, long = plan_fit(source, Settings(str(tiny_model)), [0.01, None])
        assert short.candidates[0].tried
        assert not short.candidates[-1].tried
        assert "will probably be skipped" in short.candidates[-1].note
        assert all(each.tried for each in long.candidates)
        assert (short.budget, long.budget) == (0.01, None)
        assert short.seconds <= 0.01


def test_nothing_is_left_behind(tiny_model: Path, examples: Path, home: Path) -> None:
    plan_fit(examples / "pairs.csv", Settings(str(tiny_model), cross_validate=2))
    assert not (home / "work").exists()


def test_what_cannot_be_fitted_has_no_plan(tiny_model: Path, tmp_path: Path, home: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("text,label\nred,warm\n", encoding="utf-8")
    with pytest.raises(DataError):
        plan_fit(path, Settings(str(tiny_model)))
    with pytest.raises(UsageError, match="goal", check=about(option="goal")):
        plan_fit(path, Settings(goal="win"))


def costs(*seconds: float) -> Costs:
    """Return the costs of candidates in five folds, or in two at least."""
    folds = FoldCosts(None, 1_000)
    names = ("base", "network", "top", "whole")
    rungs = tuple(
        Rung(name, name.title(), RungStatus.SKIPPED, folds.total(5) * once)
        for name, once in zip(names, seconds, strict=False)
    )
    least = {rung.name: folds.total(2) * once for rung, once in zip(rungs, seconds, strict=True)}
    return Costs(rungs, least, folds, (5, 3, 2), 5)


def test_the_budget_is_spent_as_the_ladder_spends_it() -> None:
    """Folds become fewer so that later candidates fit; what does not fit is skipped."""
    found = _candidates(costs(1, 1, 30, 70), 300)
    assert [each.tried for each in found] == [True, True, True, True]
    assert found[3].note == "in 2 folds, for time"
    found = _candidates(costs(1, 1, 30, 700), 300)
    assert [each.tried for each in found] == [True, True, True, False]
    found = _candidates(costs(1, 1, 30, 70), None)
    assert not any(each.note for each in found)


def test_small_networks_give_way_to_a_candidate_that_trains_weights() -> None:
    found = _candidates(costs(1, 20, 30), 80)
    assert [each.tried for each in found] == [True, False, True]
    assert "its time is needed for “Top”" in found[1].note
