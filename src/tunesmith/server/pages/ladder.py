"""The candidates of a fit as lines of a list, with scores and standard errors on one axis."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tunesmith.report.charts.axis import ScoreAxis
from tunesmith.results.summary import Rung, RungStatus
from tunesmith.wording import duration


class RungState(StrEnum):
    """Where a candidate is in a fit."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True)
class ScoreBar:
    """A score and one standard error on each side, in percent of the axis."""

    low: float
    point: float
    high: float

    @property
    def width(self) -> float:
        """The width of the bar in percent."""
        return round(self.high - self.low, 2)


@dataclass(frozen=True)
class LadderLine:
    """A candidate.

    Parameters
    ----------
    rung
        The candidate, with its score and times.
    state
        Where it is.
    note
        Why it was skipped or will be, or anything else worth a few words.
    bar
        Its score on the common axis; None without one.
    """

    rung: Rung
    state: RungState
    note: str = ""
    bar: ScoreBar | None = None

    @property
    def look(self) -> str:
        """The name of a class of the stylesheet."""
        return str(self.rung.status if self.state is RungState.ENDED else self.state)


def ladder_lines(
    rungs: Sequence[Rung], state: Callable[[Rung], RungState], left: float | None = None
) -> tuple[LadderLine, ...]:
    """Return the candidates as lines with bars on an axis of their own.

    Parameters
    ----------
    rungs
        The candidates.
    state
        Returns where a candidate is.
    left
        The seconds left of the budget; None for no limit.
    """
    axis = ScoreAxis.over(end for rung in rungs if rung.score is not None for end in _ends(rung))
    return tuple(
        LadderLine(rung, at := state(rung), _note(rung, at, left), _bar(rung, axis))
        for rung in rungs
    )


def finished_lines(rungs: Sequence[Rung]) -> tuple[LadderLine, ...]:
    """Return the candidates of a fit that has ended as lines.

    Examples
    --------
    >>> rung = Rung("base", "Untouched base", RungStatus.DONE, estimate=1.0, score=0.8)
    >>> [line.bar.point for line in finished_lines([rung])]
    [50.0]
    """
    return ladder_lines(rungs, lambda _rung: RungState.ENDED)


def _note(rung: Rung, state: RungState, left: float | None) -> str:
    if state is RungState.WAITING and left is not None and rung.estimate > left:
        return f"will probably be skipped: needs about {duration(rung.estimate)}"
    if state is RungState.ENDED and rung.status is not RungStatus.DONE:
        return rung.reason or str(rung.status)
    return rung.reason


def _bar(rung: Rung, axis: ScoreAxis | None) -> ScoreBar | None:
    if rung.score is None or axis is None:
        return None
    low, high = _ends(rung)
    return ScoreBar(axis.place(low), axis.place(rung.score), axis.place(high))


def _ends(rung: Rung) -> tuple[float, float]:
    score, error = rung.score or 0.0, rung.standard_error or 0.0
    return score - error, score + error
