"""Run the candidates from cheapest to most expensive and choose one by its score."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from tunesmith.errors import Cancelled
from tunesmith.evaluation.comparison import Comparison, own_standard_error
from tunesmith.events import CandidateFinished, CandidateStarted, OnEvent
from tunesmith.fitting.plans import RungPlan, Speed
from tunesmith.fitting.task import Abandoned, Candidate, Task
from tunesmith.results.summary import Rung, RungStatus
from tunesmith.stop import stopping
from tunesmith.wording import duration

FoundT = TypeVar("FoundT", bound=Candidate)
STOPPED: Final = ("stopped", "stopped before")
"""The reasons of candidates that a person or a caller ended by stopping the search."""
PERFECT: Final = "the score is already perfect"


@dataclass(frozen=True, eq=False)
class LadderResult(Generic[FoundT]):
    """The outcome of running a ladder.

    Parameters
    ----------
    rungs
        Every rung with its status, cheapest first.
    candidates
        Finished candidates; the first is the base.
    chosen
        The candidate that the task chose.
    reference
        Baseline without embeddings, or None; never chosen.
    """

    rungs: tuple[Rung, ...]
    candidates: tuple[FoundT, ...]
    chosen: FoundT
    reference: Rung | None

    @property
    def base(self) -> FoundT:
        """The untouched base."""
        return self.candidates[0]

    @property
    def chosen_title(self) -> str:
        """The display name of the chosen candidate."""
        return next(rung.title for rung in self.rungs if rung.name == self.chosen.name)


def plan(task: Task, plans: Sequence[RungPlan], speed: Speed) -> tuple[Rung, ...]:
    """Return the rungs with their estimated times, before any has run."""
    return tuple(
        Rung(item.name, item.title, RungStatus.SKIPPED, estimate=_estimate(task, item, speed))
        for item in plans
    )


def _estimate(task: Task, item: RungPlan, speed: Speed) -> float:
    once = item.estimate(speed)
    return once if item.name == "base" else task.cost(once)  # its vectors are computed once


def run_ladder(
    task: Task, plans: Sequence[RungPlan], speed: Speed, on_event: OnEvent
) -> LadderResult[Any]:
    """Run each rung that fits the time budget, then choose a candidate.

    An error fails only its own rung, and a set token stops the ladder; finished candidates are
    kept. Errors in the base are raised, because every comparison needs it. The baseline follows the
    base if there is time.

    Raises
    ------
    Cancelled
        The fit was cancelled, or stopped before the base was evaluated.
    """
    ended: list[Rung] = []
    reference: Rung | None = None
    candidates: list[Candidate] = []
    stopped, charged = "", 0.0
    for item, rung in zip(plans, plan(task, plans, speed), strict=True):
        reason = stopped or _reason_to_skip(rung, candidates, task, charged)
        if reason:
            ended.append(replace(rung, reason=reason))
        else:
            on_event(CandidateStarted(rung))
            end, candidate = _attempt(task, item, rung, candidates)
            ended.append(end)
            candidates += [candidate] if candidate else []
            if item.name == "base":
                charged = _charge_encoding(task, end)
                reference = task.reference()
            stopped = STOPPED[1] if end.status is RungStatus.INTERRUPTED else ""
        on_event(CandidateFinished(ended[-1]))
    chosen = task.choose(candidates)
    errors = _difference_errors(candidates, task)
    rungs = tuple(
        replace(rung, chosen=rung.name == chosen.name, difference_error=errors.get(rung.name))
        for rung in ended
    )
    return LadderResult(rungs, tuple(candidates), chosen, reference)


def _difference_errors(candidates: Sequence[Candidate], task: Task) -> dict[str, float]:
    """Return the standard error of the difference of each candidate from the best."""
    best = max(candidates, key=lambda candidate: candidate.score)
    return {
        each.name: Comparison(each.scores, best.scores, task.seed).standard_error(task.metric)
        for each in candidates
        if each is not best
    }


def _charge_encoding(task: Task, base: Rung) -> float:
    """Count the time of encoding also if the vectors were cached, and return the difference.

    Otherwise the same budget would allow other candidates when a fit is repeated.
    """
    charged = max(0.0, base.estimate - base.seconds)
    task.stop.extend(-charged)
    return charged


def choose_cheapest(
    candidates: Sequence[Candidate],
    metric: str,
    seed: int,
    admits: Callable[[Candidate, Candidate], bool] | None = None,
) -> Candidate:
    """Return the cheapest admissible candidate within one standard error of the best.

    The standard error is that of the paired difference from the best, estimated by bootstrap. It
    is much smaller than the standard error of a single score.

    Parameters
    ----------
    candidates
        Finished candidates, cheapest first.
    metric
        The metric by which they are compared.
    seed
        Random seed of the bootstrap.
    admits
        Function that tells whether a candidate may be chosen, given the base; None admits all.
    """
    admitted = [item for item in candidates if admits is None or admits(item, candidates[0])]
    best = max(admitted, key=lambda candidate: candidate.score)
    for candidate in admitted:
        comparison = Comparison(candidate.scores, best.scores, seed)
        if best.score - candidate.score <= comparison.standard_error(metric):
            return candidate
    return best


def _reason_to_skip(rung: Rung, candidates: Sequence[Candidate], task: Task, charged: float) -> str:
    if not candidates:
        return ""  # the base is always tried
    if max(candidate.score for candidate in candidates) >= 1:
        return PERFECT
    needed, left = task.least(rung), task.stop.left
    reason = too_little_time(needed, left)
    if not reason or left is None or needed > left + charged:
        return reason
    return f"{reason}: encoding counts as estimated, {duration(charged)} more than it took"


def too_little_time(needed: float, left: float | None) -> str:
    """Return why a candidate does not fit the time that is left; empty if it does.

    Examples
    --------
    >>> too_little_time(35.2, 2.4), too_little_time(0.5, None), too_little_time(0.5, 0.0)
    ('needs about 35 s; 2.4 s of the budget left', '', 'the budget is used up')
    >>> too_little_time(2.63, 2.61)
    'needs slightly more than the 2.6 s of the budget left'
    """
    if left is None or needed <= left:
        return ""
    if left <= 0:
        return "the budget is used up"
    wanted, rest = duration(needed), duration(left)
    if wanted == rest:
        return f"needs slightly more than the {rest} of the budget left"
    return f"needs about {wanted}; {rest} of the budget left"


def _attempt(
    task: Task, item: RungPlan, rung: Rung, finished: Sequence[Candidate]
) -> tuple[Rung, Candidate | None]:
    start = time.monotonic()
    earlier = task.earlier(item.name)
    try:
        with stopping(task.stop.check):
            candidate = task.evaluate(rung, item.make, finished)
    except Abandoned as end:
        return _ended(rung, end.status, start, end.reason), None
    except Cancelled:
        if item.name == "base" or task.stop.cancelled:
            raise
        return _ended(rung, RungStatus.INTERRUPTED, start, STOPPED[0]), None
    except Exception as error:
        # A failure inside a library must not lose the finished candidates.
        if item.name == "base":
            raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return _ended(rung, RungStatus.FAILED, start, reason), None
    spread = own_standard_error(candidate.scores, task.metric, seed=task.seed)
    ended = _ended(rung, RungStatus.DONE, start)
    done = replace(ended, score=candidate.score, standard_error=spread)
    if earlier is None:
        return done, candidate
    note = "trained by an earlier run"
    return replace(done, seconds=done.seconds + earlier, reason=note), candidate


def _ended(rung: Rung, status: RungStatus, start: float, reason: str = "") -> Rung:
    return replace(rung, status=status, seconds=time.monotonic() - start, reason=reason)
