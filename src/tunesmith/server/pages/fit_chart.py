"""Score against cost while a fit runs: a point with its standard error for each candidate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tunesmith.report.charts.axis import Scale
from tunesmith.server.pages.fit_state import FitState
from tunesmith.wording import duration

LEFT, RIGHT = 9.0, 97.0
"""The ends of the time axis in percent of the width."""
TOP, FLOOR = 18.0, 190.0
"""The ends of the score axis in pixels."""
_WIDTH = 400.0  # pixels, about
_SIDES = ((12.0, 0.0), (-12.0, 0.0), (0.0, 16.0), (0.0, -16.0))
_APART = 11.0  # pixels between numbers, and between a number and a point
_STEPS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


@dataclass(frozen=True)
class ChartPoint:
    """A candidate: places of its time and score, and of the ends of its standard error.

    Its number is ``dx`` and ``dy`` pixels from the point.
    """

    number: int
    x: float
    y: float
    top: float
    bottom: float
    label: str
    dx: float = 0.0
    dy: float = 0.0


@dataclass(frozen=True)
class CostChart:
    """The chart; horizontal places are in percent, vertical ones in pixels.

    Parameters
    ----------
    points
        The candidates, in order of time.
    across, up
        Places and texts of the ticks.
    now
        The place of the current time.
    budget
        The place of the end of the budget; None without a limit.
    """

    points: tuple[ChartPoint, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    now: float
    budget: float | None


def cost_chart(state: FitState) -> CostChart | None:
    """Return the chart of a fit; None before its first score."""
    scored = [each for each in state.points if each.rung.score is not None]
    if not scored:
        return None
    end = 1.04 * max(state.seconds, state.budget or 0.0, 1.0)
    errors = [each.rung.standard_error or 0.0 for each in scored]
    scores = [each.rung.score or 0.0 for each in scored]
    ends = [
        score + sign * error
        for score, error in zip(scores, errors, strict=True)
        for sign in (-1, 1)
    ]
    up = Scale.over(ends, FLOOR, TOP)
    numbers = {rung.name: number for number, rung in enumerate(state.rungs, start=1)}
    points = [
        ChartPoint(
            number=numbers.get(each.rung.name, 0),
            x=_across(each.at, end),
            y=up.place(score),
            top=up.place(score + error),
            bottom=up.place(score - error),
            label=each.rung.title,
        )
        for each, score, error in zip(scored, scores, errors, strict=True)
    ]
    ticks = tuple((tick.place, tick.text) for tick in up.ticks)
    budget = None if state.budget is None else _across(state.budget, end)
    return CostChart(
        _numbered(points),
        _ticks(end),
        ticks[:: 1 + len(ticks) // 6],
        _across(state.seconds, end),
        budget,
    )


def _numbered(points: Sequence[ChartPoint]) -> tuple[ChartPoint, ...]:
    """Return points whose numbers are next to them, and neither on others nor on each other."""
    taken = [(_WIDTH * each.x / 100, each.y) for each in points]
    found = []
    for point, (x, y) in zip(points, taken[:], strict=True):
        free = (side for side in _SIDES if not _meets((x + side[0], y + side[1]), taken))
        across, down = next(free, _SIDES[0])
        taken.append((x + across, y + down))
        found.append(replace(point, dx=across, dy=down))
    return tuple(found)


def _meets(place: tuple[float, float], taken: Sequence[tuple[float, float]]) -> bool:
    return any(abs(place[0] - x) < _APART and abs(place[1] - y) < _APART for x, y in taken)


def _across(seconds: float, end: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * min(seconds, end) / end, 2)


def _ticks(end: float) -> tuple[tuple[float, str], ...]:
    """Return about four round times."""
    step = next((each for each in _STEPS if each * 4 >= end), _STEPS[-1])
    count = int(end // step)
    return tuple(
        (_across(step * each, end), duration(step * each) if each else "0")
        for each in range(count + 1)
    )
