"""Chart axes: with round ticks, or over scores so that their differences show."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from tunesmith.report.charts.score_charts import Tick, round_step
from tunesmith.wording import MINUS

_MARGIN = 0.08  # a share of the range of the scores
_SMALLEST_MARGIN = 0.005


@dataclass(frozen=True)
class Scale:
    """An axis on which values from ``low`` to ``high`` are drawn from ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[Tick, ...] = ()

    @classmethod
    def over(cls, values: Iterable[float], start: float, end: float) -> "Scale":
        """Return an axis between round numbers that covers all values.

        Parameters
        ----------
        values
            Values to cover, at least one.
        start, end
            Start and end of the axis in drawing units.

        Examples
        --------
        >>> scale = Scale.over([0.12, 0.88], 0, 100)
        >>> [tick.text for tick in scale.ticks], scale.place(0.5)
        (['0.1', '0.2', '0.3', '0.4', '0.5', '0.6', '0.7', '0.8', '0.9'], 50.0)
        """
        known = list(values)
        low, high = min(known), max(known)
        step = round_step(max((high - low) / 8, 1e-3))
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        last = max(last, first + 1)
        bare = cls(first * step, last * step, start, end)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        ticks = tuple(
            Tick(bare.place(index * step), _format_tick(index * step, digits))
            for index in range(first, last + 1)
        )
        return cls(bare.low, bare.high, start, end, ticks)

    def place(self, value: float) -> float:
        """Return the position of a value in drawing units."""
        fraction = (value - self.low) / (self.high - self.low)
        return round(float(self.start + fraction * (self.end - self.start)), 1)


@dataclass(frozen=True)
class ScoreAxis:
    """The scores at the two ends of an axis that begins where scores differ."""

    low: float
    high: float

    @classmethod
    def over(cls, scores: Iterable[float]) -> "ScoreAxis | None":
        """Return an axis over scores and the ends of their standard errors; None without any.

        Examples
        --------
        >>> axis = ScoreAxis.over([0.5, 0.7])
        >>> round(axis.low, 3), round(axis.high, 3)
        (0.484, 0.716)
        """
        known = list(scores)
        if not known:
            return None
        margin = max(_MARGIN * (max(known) - min(known)), _SMALLEST_MARGIN)
        return cls(min(known) - margin, max(known) + margin)

    def place(self, score: float) -> float:
        """Return the place of a score in percent.

        Examples
        --------
        >>> ScoreAxis(0.5, 0.9).place(0.6)
        25.0
        """
        return round(100 * (score - self.low) / (self.high - self.low), 2)


def _format_tick(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return (text if float(text) else text.lstrip("-")).replace("-", MINUS)
