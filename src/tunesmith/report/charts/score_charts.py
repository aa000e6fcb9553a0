"""Where the marks of the report's small charts stand, in percent of their width."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tunesmith.results.summary import Change
from tunesmith.wording import MINUS, in_points, signed


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its place (percent) and what is written there."""

    place: float
    text: str


@dataclass(frozen=True)
class IntervalBar:
    """A change and its interval on an axis; places in percent, and right is always better.

    For a metric of which less is better, the axis runs the other way.
    """

    low: float
    high: float
    point: float
    zero: float
    ticks: tuple[Tick, ...] = ()

    @property
    def width(self) -> float:
        """How much of the axis the interval covers, percent."""
        return self.high - self.low


@dataclass(frozen=True)
class _Gain:
    """A change turned so that more is better."""

    low: float
    high: float
    point: float

    @classmethod
    def of(cls, change: Change) -> "_Gain":
        if change.higher_is_better:
            return cls(change.low, change.high, change.difference)
        return cls(-change.high, -change.low, -change.difference)

    @property
    def known(self) -> bool:
        return all(math.isfinite(value) for value in (self.low, self.high, self.point))

    def on(self, left: float, right: float, ticks: tuple[Tick, ...] = ()) -> IntervalBar:
        def place(value: float) -> float:
            return round(100 * (value - left) / (right - left), 2)

        return IntervalBar(place(self.low), place(self.high), place(self.point), place(0), ticks)


def interval_bars(changes: Sequence[Change]) -> list[IntervalBar | None]:
    """Return a bar for each change, on one axis for all that share a unit, zero in the middle.

    A change that is not known (NaN) has no bar.
    """
    reaches = {
        unit: _reach(change for change in changes if in_points(change) is unit)
        for unit in (True, False)
    }
    bars: list[IntervalBar | None] = []
    for change in changes:
        gain, reach = _Gain.of(change), reaches[in_points(change)]
        bars.append(gain.on(-reach, reach) if gain.known else None)
    return bars


@dataclass(frozen=True)
class ChangeView:
    """A change, its bar, and where the value went: ``up``, ``down`` or ``level``."""

    change: Change
    bar: IntervalBar | None
    arrow: str

    @classmethod
    def of(cls, change: Change, bar: IntervalBar | None) -> "ChangeView":
        """Work out the arrow from the change as it is written."""
        written = signed(change.difference)
        arrow = {"+": "up", MINUS: "down"}.get(written[:1], "level")
        return cls(change, bar, arrow)


def change_views(changes: Sequence[Change]) -> tuple[ChangeView, ...]:
    """Return each change with its bar, on one axis for all that share a unit."""
    return tuple(map(ChangeView.of, changes, interval_bars(changes)))


def _reach(changes: Iterable[Change]) -> float:
    gains = [gain for gain in map(_Gain.of, changes) if gain.known]
    ends = [abs(value) for gain in gains for value in (gain.low, gain.high, gain.point)]
    return 1.08 * max(ends, default=0) or 1.0


def headline_bar(change: Change) -> IntervalBar | None:
    """Return the bar of the verdict: an axis of its own with ticks, zero always on it."""
    gain = _Gain.of(change)
    if not gain.known:
        return None
    left, right = min(gain.low, gain.point, 0), max(gain.high, gain.point, 0)
    margin = 0.12 * (right - left) or 0.01
    left, right = left - margin, right + margin
    return gain.on(left, right, _ticks(left, right, change))


def _ticks(left: float, right: float, change: Change) -> tuple[Tick, ...]:
    """Return about five ticks at round numbers, written in the metric's own sign and unit."""
    step = round_step((right - left) / 5)
    scale = (1 if change.higher_is_better else -1) * (100 if in_points(change) else 1)
    digits = max(0, -math.floor(math.log10(step * abs(scale)) + 1e-9))
    numbers = range(math.ceil(left / step), math.floor(right / step) + 1)
    return tuple(
        Tick(
            round(100 * (number * step - left) / (right - left), 2),
            signed(number * step * scale, digits),
        )
        for number in numbers
        if left + 0.03 * (right - left) <= number * step <= right - 0.03 * (right - left)
    )


def round_step(rough: float) -> float:
    """Return the next larger of 1, 2 and 5 times a power of ten.

    Examples
    --------
    >>> round_step(0.13), round_step(7)
    (0.2, 10.0)
    """
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough)
