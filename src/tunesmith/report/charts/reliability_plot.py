"""Reliability plots before and after scaling, on axes from 0 to 1."""

from dataclasses import dataclass

from tunesmith.report.charts.axis import Scale
from tunesmith.report.charts.pair_charts import FLOOR, LEFT, RIGHT, TOP
from tunesmith.report.charts.scatter import Mark
from tunesmith.results.calibration import Calibration, Reliability, ReliabilityBin
from tunesmith.wording import number, plural


@dataclass(frozen=True)
class ReliabilityPanel:
    """The points of one plot, and the line through them."""

    title: str
    error: float
    log_loss: float
    marks: tuple[Mark, ...]
    line: str

    @property
    def label(self) -> str:
        """Text alternative of the plot."""
        return f"{self.title}: calibration error {number(self.error)} in {len(self.marks)} bins"


@dataclass(frozen=True)
class ReliabilityView:
    """Both plots on a common scale; ``noun`` is what a bin counts."""

    panels: tuple[ReliabilityPanel, ReliabilityPanel]
    across: Scale
    up: Scale
    noun: str


def reliability_view(calibration: Calibration | None) -> ReliabilityView | None:
    """Return the reliability plots of a fit; None without calibration."""
    if calibration is None:
        return None
    across, up = Scale.over((0.0, 1.0), LEFT + 8, RIGHT - 8), Scale.over((0.0, 1.0), FLOOR, TOP)
    noun = "text" if calibration.temperature is not None else "label"

    def panel(title: str, reliability: Reliability) -> ReliabilityPanel:
        marks = tuple(_mark(each, across, up, noun) for each in reliability.bins)
        line = " ".join(f"{mark.x} {mark.y}" for mark in marks)
        return ReliabilityPanel(title, reliability.error, reliability.log_loss, marks, line)

    panels = panel("Before", calibration.before), panel("After", calibration.after)
    return ReliabilityView(panels, across, up, noun)


def _mark(found: ReliabilityBin, across: Scale, up: Scale, noun: str) -> Mark:
    tip = (
        f"mean probability {number(found.probability)}, accuracy {number(found.accuracy)}, "
        f"{plural(found.count, noun)}"
    )
    return Mark(str(across.place(found.probability)), str(up.place(found.accuracy)), tip)
