"""Positions in the report's small charts, in percent of their width."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tunesmith.phrasing import in_points
from tunesmith.results.summary import Change
from tunesmith.wording import MINUS, signed


@dataclass(frozen=True)
class Tick:
    """A tick on an axis: its position in percent and its label."""

    place: float
    text: str


@dataclass(frozen=True)
class IntervalBar:
    """A change and its confidence interval on an axis, in percent; right is always better.

    The axis is reversed for a metric where lower is better.
    """

    low: float
    high: float
    point: float
    zero: float
    ticks: tuple[Tick, ...] = ()

    @property
    def width(self) -> float:
        """Width of the interval in percent of the axis."""
        return self.high - self.low


@dataclass(frozen=True)
class _Gain:
    """A change with its sign set so that higher is better."""

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
    """Return a bar for each change, on a common axis per unit, with zero in the middle.

    An unknown change (NaN) has no bar.
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
    """A change, its bar and its direction: ``up``, ``down`` or ``level``."""

    change: Change
    bar: IntervalBar | None
    arrow: str

    @classmethod
    def of(cls, change: Change, bar: IntervalBar | None) -> "ChangeView":
        """Choose the arrow from the rounded change."""
        written = signed(change.difference)
        arrow = {"+": "up", MINUS: "down"}.get(written[:1], "level")
        return cls(change, bar, arrow)


def change_views(changes: Sequence[Change]) -> tuple[ChangeView, ...]:
    """Return each change with its bar, on a common axis per unit."""
    return tuple(map(ChangeView.of, changes, interval_bars(changes)))


def _reach(changes: Iterable[Change]) -> float:
    gains = [gain for gain in map(_Gain.of, changes) if gain.known]
    ends = [abs(value) for gain in gains for value in (gain.low, gain.high, gain.point)]
    return 1.08 * max(ends, default=0) or 1.0


def headline_bar(change: Change) -> IntervalBar | None:
    """Return the bar of the verdict, on its own axis with ticks and zero."""
    gain = _Gain.of(change)
    if not gain.known:
        return None
    left, right = min(gain.low, gain.point, 0), max(gain.high, gain.point, 0)
    margin = 0.12 * (right - left) or 0.01
    left, right = left - margin, right + margin
    return gain.on(left, right, _ticks(left, right, change))


def _ticks(left: float, right: float, change: Change) -> tuple[Tick, ...]:
    """Return about five round ticks, with the sign and unit of the metric."""
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
    """Round up to 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> round_step(0.13), round_step(7)
    (0.2, 10.0)
    """
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough)
