"""Run the candidates from cheapest to most expensive, and choose by validation score."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tunesmith.evaluation.comparison import Comparison
from tunesmith.events import Events
from tunesmith.fitting.plans import RungPlan, Speed
from tunesmith.fitting.task import Candidate, Task
from tunesmith.results.summary import Rung, RungStatus


@dataclass(frozen=True, eq=False)
class LadderResult:
    """How a ladder was climbed.

    Parameters
    ----------
    rungs
        Every rung with its end, cheapest first.
    candidates
        The finished ones; the first is the base.
    chosen
        The cheapest candidate within one standard error of the best.
    reference
        What can be had without an embedding; never chosen.
    """

    rungs: tuple[Rung, ...]
    candidates: tuple[Candidate, ...]
    chosen: Candidate
    reference: Rung | None

    @property
    def base(self) -> Candidate:
        """The untouched base."""
        return self.candidates[0]


def plan(plans: Sequence[RungPlan], speed: Speed) -> tuple[Rung, ...]:
    """Return the rungs with their estimates, none done yet."""
    return tuple(
        Rung(item.name, item.title, RungStatus.SKIPPED, estimate=item.estimate(speed))
        for item in plans
    )


def run_ladder(task: Task, plans: Sequence[RungPlan], speed: Speed, events: Events) -> LadderResult:
    """Try each rung that the time allows, and choose.

    An error in a rung ends that rung; Ctrl-C ends the climb. Either leaves what was finished
    before, except in the base itself, without which nothing can be compared.
    """
    reference = task.reference()
    ended: list[Rung] = []
    candidates: list[Candidate] = []
    stopped = ""
    for item, rung in zip(plans, plan(plans, speed), strict=True):
        reason = stopped or _reason_to_skip(rung, candidates, task)
        if reason:
            ended.append(replace(rung, reason=reason))
        else:
            events.started(rung)
            end, candidate = _attempt(task, item, rung)
            ended.append(end)
            candidates += [candidate] if candidate else []
            stopped = "interrupted before" if end.status is RungStatus.INTERRUPTED else ""
        events.finished(ended[-1])
    chosen = choose(candidates, task)
    marked = tuple(replace(rung, chosen=rung.name == chosen.name) for rung in ended)
    return LadderResult(marked, tuple(candidates), chosen, reference)


def choose(candidates: Sequence[Candidate], task: Task) -> Candidate:
    """Return the cheapest candidate within one standard error of the best that the task admits.

    The error is that of the difference to the best on the same items (a paired bootstrap), which
    is much smaller than that of the score alone.
    """
    admitted = [item for item in candidates if task.admits(item, candidates[0])]
    best = max(admitted, key=lambda candidate: candidate.score)
    for candidate in admitted:
        comparison = Comparison(candidate.scores, best.scores, task.seed)
        if best.score - candidate.score <= comparison.standard_error(task.metric):
            return candidate
    return best


def _reason_to_skip(rung: Rung, candidates: Sequence[Candidate], task: Task) -> str:
    if not candidates:
        return ""  # the base is always tried
    if max(candidate.score for candidate in candidates) >= 1:
        return "nothing left to gain: validation is perfect"
    left = task.clock.left
    if left is not None and rung.estimate > left:
        return f"needs about {rung.estimate:.0f} s, {left:.0f} s of the budget left"
    return ""


def _attempt(task: Task, item: RungPlan, rung: Rung) -> tuple[Rung, Candidate | None]:
    start = time.monotonic()
    earlier = task.workspace.seconds(item.name)
    try:
        candidate = task.candidate(item.name, item.make(task))
    except KeyboardInterrupt:
        if item.name == "base":
            raise
        return _ended(rung, RungStatus.INTERRUPTED, start, "interrupted"), None
    except Exception as error:
        # Whatever breaks in a library must not cost the rungs that are finished.
        if item.name == "base":
            raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return _ended(rung, RungStatus.FAILED, start, reason), None
    done = replace(_ended(rung, RungStatus.DONE, start), score=candidate.score)
    if earlier is None:
        return done, candidate
    note = "trained by an earlier run"
    return replace(done, seconds=done.seconds + earlier, reason=note), candidate


def _ended(rung: Rung, status: RungStatus, start: float, reason: str = "") -> Rung:
    return replace(rung, status=status, seconds=time.monotonic() - start, reason=reason)
