"""The summary of a fit as the pages of a model show it."""

from dataclasses import dataclass

from tunesmith.report.charts.reliability_plot import ReliabilityView, reliability_view
from tunesmith.report.charts.score_charts import (
    ChangeView,
    IntervalBar,
    change_views,
    headline_bar,
)
from tunesmith.results.summary import ClassChange, Rung, Summary
from tunesmith.server.pages.ladder import LadderLine, RungState, finished_lines


@dataclass(frozen=True)
class ClassLine:
    """A class, and the change of its F1 with a bar."""

    row: ClassChange
    f1: ChangeView


@dataclass(frozen=True)
class ModelView:
    """What the templates need in addition to the summary.

    Parameters
    ----------
    headline
        The interval of the verdict with its axis; None if it is unknown.
    cards
        The change of each metric with its bar.
    classes
        The classes, those that changed most first; the weakest first if none could change.
    ladder
        The candidates.
    reference
        The baseline without embeddings; None without one.
    kept_base
        Whether the embeddings of the base were kept although another candidate was chosen.
    unchanged
        Whether the base was chosen: before and after are the same model.
    chosen
        The title of the chosen candidate.
    calibration
        The reliability plots; None if the fit did not measure them.
    """

    headline: IntervalBar | None
    cards: tuple[ChangeView, ...]
    classes: tuple[ClassLine, ...]
    ladder: tuple[LadderLine, ...]
    reference: LadderLine | None
    kept_base: bool
    unchanged: bool
    chosen: str
    calibration: ReliabilityView | None = None


def model_view(summary: Summary) -> ModelView:
    """Return the view of a summary."""
    titles = {rung.name: rung.title for rung in summary.rungs}
    unchanged, reference = summary.chosen == "base", summary.reference
    classes = map(ClassLine, summary.classes, change_views([row.f1 for row in summary.classes]))
    return ModelView(
        headline=headline_bar(summary.verdict.headline),
        cards=change_views(summary.changes),
        classes=tuple(sorted(classes, key=_weakest if unchanged else _most_changed)),
        ladder=finished_lines(summary.rungs),
        reference=None if reference is None else _baseline(reference),
        kept_base=summary.kept == "base" and summary.chosen != "base",
        unchanged=unchanged,
        chosen=titles.get(summary.chosen, summary.chosen),
        calibration=reliability_view(summary.calibration),
    )


def _most_changed(line: ClassLine) -> float:
    return -abs(line.row.f1.difference)


def _weakest(line: ClassLine) -> float:
    return line.row.f1.tuned


def _baseline(rung: Rung) -> LadderLine:
    """Return a line without a bar: on the axis of the candidates, it would hide differences."""
    return LadderLine(rung, RungState.ENDED, rung.reason)
