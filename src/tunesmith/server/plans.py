"""What a fit would try with each budget: estimated in a process of its own, kept in memory."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tunesmith.advice.plan_fit import FitPlan, plan_fit
from tunesmith.fitting.request import FitRequest
from tunesmith.home import Home
from tunesmith.server.background import Background
from tunesmith.server.judging import DataFile, Failure, Judge, guarded


@dataclass(frozen=True)
class PlanRequest:
    """A fit whose candidates are wanted.

    Parameters
    ----------
    request
        The options of the fit; the base is a folder or the name of the bundled one.
    data
        The data set.
    budgets
        Time budgets in seconds; None for no limit.
    others
        Test and validation data, by role.
    facts
        What identifies the data sets and the base.
    """

    request: FitRequest
    data: DataFile
    budgets: tuple[float | None, ...]
    others: Mapping[str, DataFile] = field(default_factory=dict)
    facts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """A name for the plans, other for other data, another base or other options."""
        options = {**vars(self.request), "budget": None}
        named = json.dumps([options, self.budgets, sorted(self.others), self.facts], default=str)
        return hashlib.sha256(named.encode()).hexdigest()


class Plans:
    """The plans of a server's fits.

    Parameters
    ----------
    home
        The home with the models and the vector cache.
    judge
        Runs the estimates in a process of its own, one at a time.
    """

    def __init__(self, home: Home, judge: Judge) -> None:
        self._home, self._background = home, Background(judge)

    def of(self, request: PlanRequest) -> tuple[FitPlan, ...] | None:
        """Return the plans, one for each budget; None while they are estimated.

        It begins the estimate if there is none, so it needs a running event loop.

        Raises
        ------
        TunesmithError
            There is no plan for these options.
        """
        found = self._background.result(request.key)
        if found is None:
            self._background.begin(request.key, estimate, self._home, request)
            return None
        return msgspec.convert(found["plans"], tuple[FitPlan, ...])


def estimate(home: Home, request: PlanRequest) -> dict[str, Any] | Failure:
    """Return the plans as JSON values; runs in the child process."""

    def run() -> dict[str, Any]:
        others: dict[str, Any] = {name: data.read() for name, data in request.others.items()}
        settings = request.request.settings()
        return {"plans": plan_fit(request.data.read(), settings, request.budgets, **others)}

    return guarded(home, run)
