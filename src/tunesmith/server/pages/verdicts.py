"""Models as lines of a list: the verdict in words, the change and its interval."""

from dataclasses import dataclass
from pathlib import Path

from tunesmith.errors import DamagedModel
from tunesmith.report.charts.score_charts import IntervalBar, interval_bars
from tunesmith.results.from_json import summary_of, verdict_of
from tunesmith.results.summary import Summary, Verdict
from tunesmith.server.pages.rendering import LOOKS
from tunesmith.server.stored_model import StoredModel


@dataclass(frozen=True)
class ModelLine:
    """A model of a list.

    Parameters
    ----------
    model
        The model.
    verdict
        The verdict of its fit; None without one.
    bar
        The interval of the headline metric; None without one.
    """

    model: StoredModel
    verdict: Verdict | None = None
    bar: IntervalBar | None = None

    @property
    def unchanged(self) -> bool:
        """Whether the base was chosen, so that there is no change to show."""
        return self.bar is not None and self.bar.width == 0

    @property
    def look(self) -> str:
        """The name of a class of the stylesheet."""
        return "none" if self.verdict is None else LOOKS[self.verdict.outcome]


def model_line(model: StoredModel) -> ModelLine:
    """Return a model with the verdict of its fit.

    Examples
    --------
    >>> model_line(StoredModel("a", "a", "home", 0.0, {})).look
    'none'
    """
    if not model.summary.get("verdict"):
        return ModelLine(model)
    try:
        verdict = verdict_of(model.summary, Path(model.id))
    except DamagedModel:
        return ModelLine(model)
    return ModelLine(model, verdict, *interval_bars([verdict.headline]))


def readable_summary(model: StoredModel) -> Summary | None:
    """Return the summary of the fit; None without one, or if another version has written it."""
    if not model.summary:
        return None
    try:
        return summary_of(model.summary, Path(model.id))
    except DamagedModel:
        return None
