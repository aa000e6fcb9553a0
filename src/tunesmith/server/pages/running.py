"""The fits that have not ended, as lines of a list."""

import time
from dataclasses import dataclass

from tunesmith.server.fits import StoredFit
from tunesmith.server.pages.fit_state import FitState, followed
from tunesmith.server.pages.visit import running
from tunesmith.server.services import Services


@dataclass(frozen=True)
class RunningFit:
    """A fit that has not ended, and how far it is."""

    fit: StoredFit
    state: FitState


def running_now(served: Services) -> list[RunningFit]:
    """Return the fits that have not ended, with what each does now."""
    return [
        RunningFit(fit, followed(served.fits, fit.id).at(fit, time.time())[0])
        for fit in running(served)
    ]
