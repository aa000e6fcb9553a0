"""How far a fit is, from its events: candidates, progress, time, and what happened when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock

from tunesmith.events import (
    CandidateFinished,
    CandidateStarted,
    Planned,
    event_from_dict,
)
from tunesmith.fitting.racing import FOLDS
from tunesmith.results.summary import Rung, RungStatus
from tunesmith.server.fits import FitStore, Status, StoredEvent, StoredFit
from tunesmith.server.pages.fit_log import log_text
from tunesmith.server.pages.ladder import LadderLine, RungState, ladder_lines
from tunesmith.watching import Progress

_SHOWN_LINES = 200


@dataclass(frozen=True)
class LogLine:
    """Something that happened, and when: seconds since 1970."""

    at: float
    text: str


@dataclass(frozen=True)
class Point:
    """A finished candidate: seconds since the start, and its rung."""

    at: float
    rung: Rung


@dataclass(frozen=True)
class FitState:
    """How far a fit is.

    Parameters
    ----------
    started
        When the budget began, in seconds since 1970; None before.
    limit
        The time budget in seconds with which it was started; None for no limit, or before.
    extra
        The seconds that were added to it.
    seconds
        The time used, in seconds.
    rungs
        The candidates, cheapest first, as far as they are known.
    current
        The name of the candidate that runs; empty between two.
    folds
        The finished folds of the current candidate; None without folds.
    progress
        The computation that runs; None between two.
    points
        The finished candidates with a score, in order.
    ended
        The names of the candidates that have ended or were skipped.
    log
        What happened, newest first.
    """

    started: float | None = None
    limit: float | None = None
    extra: float = 0.0
    seconds: float = 0.0
    rungs: tuple[Rung, ...] = ()
    current: str = ""
    folds: Progress | None = None
    progress: Progress | None = None
    points: tuple[Point, ...] = ()
    ended: frozenset[str] = frozenset()
    log: tuple[LogLine, ...] = ()

    @property
    def budget(self) -> float | None:
        """The whole time budget in seconds; None for no limit."""
        return None if self.limit is None else self.limit + self.extra

    @property
    def cut_short(self) -> bool:
        """Whether candidates were left out because of the time."""
        return any(
            rung.name in self.ended
            and rung.status is RungStatus.SKIPPED
            and "budget" in rung.reason
            for rung in self.rungs
        )

    @property
    def used(self) -> float:
        """The used share of the budget in percent; 0 without a limit."""
        return round(min(100.0, 100 * self.seconds / self.budget), 1) if self.budget else 0.0

    @property
    def left(self) -> float | None:
        """The seconds left of the budget; None without a limit."""
        return None if self.budget is None else max(0.0, self.budget - self.seconds)

    @property
    def position(self) -> int:
        """The number of the current candidate, from 1; 0 between two."""
        names = [rung.name for rung in self.rungs]
        return names.index(self.current) + 1 if self.current in names else 0

    @property
    def title(self) -> str:
        """The title of the current candidate; empty between two."""
        return next((rung.title for rung in self.rungs if rung.name == self.current), "")

    @property
    def phase(self) -> str:
        """What a fit that trains does now, in a few words."""
        if self.title:
            return f"candidate {self.position} of {len(self.rungs)}: {self.title}"
        tried_all = bool(self.rungs) and len(self.ended) == len(self.rungs)
        return "testing and saving" if tried_all else "preparing"

    @property
    def ladder(self) -> tuple[LadderLine, ...]:
        """The candidates with their states, and what will probably be skipped."""
        return ladder_lines(self.rungs, self._state, self.left)

    def _state(self, rung: Rung) -> RungState:
        if rung.name == self.current:
            return RungState.RUNNING
        return RungState.ENDED if rung.name in self.ended else RungState.WAITING


def fit_state(fit: StoredFit, events: Sequence[StoredEvent], now: float) -> FitState:
    """Return how far a fit is.

    Parameters
    ----------
    fit
        The fit.
    events
        Its events, oldest first.
    now
        The current time, in seconds since 1970.
    """
    return _shown(_replayed(FitState(), events, fit), fit, now)


class Followed:
    """The state of one fit, for all who look at it: each event is read once.

    Parameters
    ----------
    store
        The fits of the server.
    ident
        The id of the fit.
    """

    def __init__(self, store: FitStore, ident: str) -> None:
        self._store, self._ident, self._lock = store, ident, Lock()
        self._state, self._last = FitState(), 0

    def at(self, fit: StoredFit, now: float) -> tuple[FitState, int]:
        """Return how far the fit is now, and the number of its last event; 0 without one.

        Parameters
        ----------
        fit
            The fit as it is now.
        now
            The current time, in seconds since 1970.
        """
        with self._lock:
            events = self._store.events(self._ident, self._last)
            self._state = _replayed(self._state, events, fit)
            self._last = events[-1].number if events else self._last
            state, last = self._state, self._last
        return _shown(state, fit, now), last


@lru_cache(maxsize=64)
def followed(store: FitStore, ident: str) -> Followed:
    """Return the state of a fit that goes on from the events that were read before."""
    return Followed(store, ident)


def _replayed(state: FitState, events: Sequence[StoredEvent], fit: StoredFit) -> FitState:
    for event in events:
        state = _after(state, event, fit)
    return replace(state, log=state.log[-_SHOWN_LINES:])


def _shown(state: FitState, fit: StoredFit, now: float) -> FitState:
    end = fit.finished_at or now
    log = tuple(reversed(state.log))
    if fit.status is not Status.TRAINING:
        state = replace(state, current="", folds=None, progress=None)
    return replace(state, seconds=max(0.0, end - state.started) if state.started else 0.0, log=log)


def _after(state: FitState, stored: StoredEvent, fit: StoredFit) -> FitState:
    """Return the state after one more event."""
    at, event = stored.created_at, event_from_dict(stored.event)
    if stored.event["event"] == "extended":
        state = replace(state, extra=state.extra + stored.event["seconds"])
    elif stored.event["event"] == "status":
        state = _after_status(state, Status(stored.event["status"]))
    elif isinstance(event, Progress):
        state = _after_progress(state, event)
    elif isinstance(event, Planned):
        state = _after_plan(state, event, at, fit.request.get("budget"))
    elif isinstance(event, CandidateStarted):
        state = replace(state, current=event.candidate.name)
    elif isinstance(event, CandidateFinished):
        state = _after_candidate(state, event.candidate, at)
    text = log_text(stored)
    return replace(state, log=(*state.log, LogLine(at, text))) if text else state


def _after_status(state: FitState, status: Status) -> FitState:
    """Return a new state where an attempt begins: it sends all its events again."""
    return FitState(log=state.log, extra=state.extra) if status is Status.TRAINING else state


def _after_progress(state: FitState, event: Progress) -> FitState:
    shown = None if event.ended else event
    return replace(state, folds=shown) if event.title == FOLDS else replace(state, progress=shown)


def _after_plan(state: FitState, event: Planned, at: float, whole: float | None) -> FitState:
    """Return the state with the candidates; a part of the budget was used before."""
    before = whole - event.budget if whole is not None and event.budget is not None else 0.0
    return replace(state, rungs=event.candidates, limit=whole, started=at - max(0.0, before))


def _after_candidate(state: FitState, rung: Rung, at: float) -> FitState:
    done = rung.status is RungStatus.DONE
    point = Point(at - (state.started or at), rung)
    return replace(
        state,
        rungs=tuple(rung if each.name == rung.name else each for each in state.rungs),
        current="",
        folds=None,
        progress=None,
        points=(*state.points, point) if done else state.points,
        ended=state.ended | {rung.name},
    )
