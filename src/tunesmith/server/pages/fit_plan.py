"""What a fit would try, as the form to start it shows before it starts."""

from collections.abc import Sequence
from dataclasses import dataclass

from tunesmith.advice.plan_fit import FitPlan
from tunesmith.errors import TunesmithError
from tunesmith.fitting.request import FitRequest
from tunesmith.server.judging import DataFile
from tunesmith.server.pages.visit import Visit
from tunesmith.server.plans import PlanRequest
from tunesmith.server.routes.fits import FitOptions
from tunesmith.wording import duration, plural


@dataclass(frozen=True)
class BudgetLine:
    """What one budget allows: its value in the form, and a few words."""

    value: str
    text: str


@dataclass(frozen=True)
class PlanView:
    """The plan of a fit.

    Parameters
    ----------
    plan
        The plan for the chosen budget; None while it is estimated, or if there is none.
    lines
        What each budget allows.
    error
        Why there is no plan; None if there is one, or will be.
    """

    plan: FitPlan | None = None
    lines: tuple[BudgetLine, ...] = ()
    error: TunesmithError | None = None

    @property
    def waits(self) -> bool:
        """Whether the plan is being estimated."""
        return self.plan is None and self.error is None


def plan_request(visit: Visit, options: FitOptions, budgets: Sequence[float | None]) -> PlanRequest:
    """Return the request for a plan.

    Raises
    ------
    NotFound
        There is no such data set or base.
    NotReady
        A data set failed its check.
    UsageError
        Options contradict each other.
    """
    served, base = visit.served, visit.served.models.get(options.base)
    request = FitRequest(
        "",
        goal=options.goal,
        base=str(served.models.folder_of(base)),
        seed=options.seed,
        cross_validate=options.cross_validate,
        keep=options.keep,
        int8=options.int8,
        recipe=options.recipe,
    )
    request.check()
    roles = {"test": options.test, "validation": options.validation}
    named = {role: ident for role, ident in roles.items() if ident}
    digests = [served.datasets.get(ident).digest for ident in (options.dataset, *named.values())]
    return PlanRequest(
        request,
        _data(visit, options.dataset),
        tuple(budgets),
        {role: _data(visit, ident) for role, ident in named.items()},
        (base.id, str(base.metadata.get("files")), *digests),
    )


def plan_view(plans: Sequence[FitPlan] | None, values: Sequence[str], chosen: str) -> PlanView:
    """Return the view of the plans, one for each value of the form.

    Parameters
    ----------
    plans
        The plans; None while they are estimated.
    values
        The budgets as the form names them.
    chosen
        One of them.
    """
    if plans is None:
        return PlanView()
    lines = map(BudgetLine, values, map(_line, plans))
    return PlanView(plans[values.index(chosen)], tuple(lines))


def _line(plan: FitPlan) -> str:
    tried = sum(each.tried for each in plan.candidates)
    number = f"{tried} of {plural(len(plan.candidates), 'candidate')}"
    return f"{number}, about {duration(plan.seconds)}"


def _data(visit: Visit, ident: str) -> DataFile:
    stored = visit.served.datasets.usable(ident)
    return DataFile(visit.served.datasets.path(ident), stored.options)
