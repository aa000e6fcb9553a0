"""The candidates of the ladder with their scores on one axis, which begins where they differ."""

from dataclasses import dataclass

from tunesmith.report.charts.axis import ScoreAxis
from tunesmith.results.summary import Rung, RungStatus, Summary
from tunesmith.wording import number


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


def ladder_view(summary: Summary) -> LadderView:
    """Return the rungs on an axis over their scores.

    A score of the reference outside the axis is not drawn: it would hide the differences between
    the candidates.
    """
    axis = ScoreAxis.over(end for rung in summary.rungs for end in _ends(rung))
    scores = [rung.score for rung in summary.rungs if rung.score is not None]

    def view(rung: Rung) -> RungView:
        place = None if axis is None else _place(rung, axis)
        return RungView(rung, rung.name == summary.kept, place)

    return LadderView(
        tuple(map(view, summary.rungs)),
        None if summary.reference is None else view(summary.reference),
        axis.place(max(scores)) if axis else 0.0,
        number(axis.low) if axis else "",
        number(axis.high) if axis else "",
    )


def _ends(rung: Rung) -> tuple[float, ...]:
    """Return a score, and where its standard error ends; nothing without a score."""
    if rung.score is None:
        return ()
    return rung.score, rung.score + (rung.difference_error or 0.0)


def _place(rung: Rung, axis: ScoreAxis) -> Place | None:
    """Return the place of a score; None without a score, or outside the axis."""
    if rung.score is None or not axis.low <= rung.score <= axis.high:
        return None
    error = rung.difference_error
    return Place(axis.place(rung.score), axis.place(rung.score + error) if error else None)
