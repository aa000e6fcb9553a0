"""A chart axis with round ticks and positions of values."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from tunesmith.report.charts.score_charts import Tick, round_step
from tunesmith.wording import MINUS


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


def _format_tick(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return (text if float(text) else text.lstrip("-")).replace("-", MINUS)
