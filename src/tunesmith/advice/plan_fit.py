"""``plan_fit``: the candidates of a fit with their estimated times, without training any."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tunesmith.datasets.training_data import DataOptions, load_training_data
from tunesmith.events import ignore
from tunesmith.fitting.cross_validation import describe_folding
from tunesmith.fitting.settings import Settings, check_settings
from tunesmith.wording import duration

if TYPE_CHECKING:
    from tunesmith.advice.ladders import Costs, Ladder


@dataclass(frozen=True)
class PlannedCandidate:
    """A candidate before it runs.

    Parameters
    ----------
    name, title
        Short identifier and display name.
    seconds
        Estimated time in seconds, with all folds.
    tried
        Whether the budget probably suffices for it.
    note
        Why it will probably be skipped, or be tried in fewer folds; empty otherwise.

    Examples
    --------
    >>> PlannedCandidate("base", "Untouched base", 2.0).tried
    True
    """

    name: str
    title: str
    seconds: float
    tried: bool = True
    note: str = ""


@dataclass(frozen=True)
class FitPlan:
    """What a fit would try within a budget, and how it would be tested.

    Parameters
    ----------
    candidates
        The candidates, cheapest first.
    testing
        How the fit is tested, and why.
    budget
        Time budget in seconds; None for no limit.
    notes
        What the times leave out.

    Examples
    --------
    >>> plan = FitPlan((PlannedCandidate("base", "Untouched base", 2.0),), "one test set", 60.0)
    >>> plan.seconds
    2.0
    """

    candidates: tuple[PlannedCandidate, ...]
    testing: str
    budget: float | None
    notes: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Estimated seconds of the candidates that are tried, at most the budget."""
        needed = sum(each.seconds for each in self.candidates if each.tried)
        return needed if self.budget is None else min(needed, self.budget)


def plan_fit(
    data: object,
    settings: Settings,
    budgets: Sequence[float | None] | None = None,
    *,
    test: object | None = None,
    validation: object | None = None,
) -> tuple[FitPlan, ...]:
    """Return what a fit would try: the speed of the base is measured, and nothing is trained.

    Parameters
    ----------
    data, settings, test, validation
        As for :func:`tunesmith.fitting.fit_dataset`.
    budgets
        Time budgets in seconds, None for no limit; by default that of the settings.

    Returns
    -------
    tuple of FitPlan
        One plan for each budget.

    Raises
    ------
    DataError
        The data cannot be used, or there are too few rows.
    UsageError
        Settings are invalid, or do not fit the data.
    ModelError
        The base cannot be found or loaded.

    Examples
    --------
    >>> short, long = plan_fit("examples/tickets.csv", Settings(), [20.0, None])
    >>> [candidate.name for candidate in long.candidates if candidate.tried]
    ['base', 'linear', 'network', 'top', 'whole']
    >>> len(short.candidates), short.candidates[-1].tried
    (5, False)
    """
    from tunesmith.advice import ladders  # noqa: PLC0415 - it loads torch
    from tunesmith.fitting.run import check_fit  # noqa: PLC0415 - it loads torch

    check_settings(settings)
    given = {"validation": validation, "test": test}
    others = {name: part for name, part in given.items() if part is not None}
    training = load_training_data(data, others, DataOptions(), settings.base, ignore)
    check_fit(training, settings)
    wanted = (settings.budget,) if budgets is None else budgets
    notes = (
        ("Domain adaptation comes first, and its time is not included.",)
        if settings.adaptation is not None
        else ()
    )
    with tempfile.TemporaryDirectory() as folder:
        ladder = ladders.ladder_of(training, settings, Path(folder))
        return tuple(_plan(ladder, budget, notes) for budget in wanted)


def _plan(ladder: "Ladder", budget: float | None, notes: tuple[str, ...]) -> FitPlan:
    folding = ladder.folding(budget)
    candidates = _candidates(ladder.costs(folding), budget)
    return FitPlan(candidates, describe_folding(folding), budget, notes)


def _candidates(costs: "Costs", budget: float | None) -> tuple[PlannedCandidate, ...]:
    """Spend the budget on the rungs in order, as the ladder does."""
    found, left = [], budget
    for number, rung in enumerate(costs.rungs):
        reason = _reason_to_skip(costs, number, left)
        seconds, folds = (rung.estimate, 0) if reason else costs.spent(number, left)
        note = reason or (f"in {folds} folds, for time" if folds else "")
        found.append(PlannedCandidate(rung.name, rung.title, seconds, not reason, note))
        if left is not None and not reason:
            left = max(0.0, left - seconds)
    return tuple(found)


def _reason_to_skip(costs: "Costs", number: int, left: float | None) -> str:
    rung = costs.rungs[number]
    least = costs.least[rung.name]
    if left is not None and rung.name != "base" and least > left:
        return f"will probably be skipped: needs about {duration(least)}"
    first = costs.way_for(number, left)
    return f"will probably be skipped: its time is needed for “{first}”" if first else ""
