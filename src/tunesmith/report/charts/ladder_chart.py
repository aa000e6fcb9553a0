"""The candidates of the ladder with their scores on one axis, which begins where they differ."""

from collections.abc import Sequence
from dataclasses import dataclass

from tunesmith.results.summary import Rung, RungStatus, Summary
from tunesmith.wording import number

MARGIN = 0.08
SMALLEST_RANGE = 0.01


@dataclass(frozen=True)
class Place:
    """A score on the axis in percent, and how far its standard error reaches towards the best."""

    point: float
    reach: float | None


@dataclass(frozen=True)
class RungView:
    """A row of the ladder; ``kept`` is whether it was saved."""

    rung: Rung
    kept: bool
    place: Place | None

    @property
    def ran(self) -> bool:
        """Whether the rung was run."""
        return self.rung.status is not RungStatus.SKIPPED


@dataclass(frozen=True)
class LadderView:
    """All rows, the place of the best score, and the ends of the axis in words."""

    rungs: tuple[RungView, ...]
    reference: RungView | None
    best: float
    low: str
    high: str


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float

    @classmethod
    def of(cls, rungs: Sequence[Rung]) -> "_Axis":
        """Return an axis over all scores and their standard errors; 0 to 1 without scores."""
        ends = [
            rung.score + error
            for rung in rungs
            if rung.score is not None
            for error in (0.0, rung.difference_error or 0.0)
        ]
        if not ends:
            return cls(0.0, 1.0)
        margin = max(MARGIN * (max(ends) - min(ends)), SMALLEST_RANGE / 2)
        return cls(min(ends) - margin, max(ends) + margin)

    def at(self, score: float) -> float:
        return round(100 * (score - self.low) / (self.high - self.low), 2)

    def place(self, rung: Rung) -> Place | None:
        """Return the place of a score; None without a score, or outside the axis."""
        if rung.score is None or not self.low <= rung.score <= self.high:
            return None
        error = rung.difference_error
        return Place(self.at(rung.score), self.at(rung.score + error) if error else None)


def ladder_view(summary: Summary) -> LadderView:
    """Return the rungs on an axis over their scores.

    A score of the reference outside the axis is not drawn: it would hide the differences between
    the candidates.
    """
    axis = _Axis.of(summary.rungs)
    scores = [rung.score for rung in summary.rungs if rung.score is not None]

    def view(rung: Rung) -> RungView:
        return RungView(rung, rung.name == summary.kept, axis.place(rung))

    return LadderView(
        tuple(map(view, summary.rungs)),
        None if summary.reference is None else view(summary.reference),
        axis.at(max(scores)) if scores else 0.0,
        number(axis.low) if scores else "",
        number(axis.high) if scores else "",
    )
