"""The HTML report: one self-contained file that needs neither network nor JavaScript."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tunesmith.errors import OutputError
from tunesmith.phrasing import FILTERS
from tunesmith.report.charts import pair_charts, scatter
from tunesmith.report.charts.confusion import ConfusionView, confusion_view
from tunesmith.report.charts.reliability_plot import ReliabilityView, reliability_view
from tunesmith.report.charts.scatter import MapView, map_view
from tunesmith.report.charts.score_charts import ChangeView, IntervalBar, change_views, headline_bar
from tunesmith.report.pages.metric_notes import metric_notes
from tunesmith.report.pages.pair_view import PairView
from tunesmith.report.pages.snippets import Snippet, snippets
from tunesmith.results.evidence import Evidence
from tunesmith.results.notebook import code_spans
from tunesmith.results.summary import ClassChange, Rung, RungStatus, Summary
from tunesmith.wording import clean, listing, printable

TEMPLATE = "report.html.j2"
SCRIPT = "report.js"
MAX_SUSPECTS = 100
_PARTS = re.compile(r"[^_./-]*[_./-]+|[^_./-]+")


def write_report(
    summary: Summary, evidence: Evidence, path: Path, *, model_id: str | None = None
) -> None:
    """Write the report of a fit.

    Parameters
    ----------
    summary, evidence
        Results of the fit. The report shows texts of ``evidence``; long ones are truncated.
    path
        File to write: ``report.html`` in the model folder.
    model_id
        Model name in the code examples. Default: the folder name; set it if the folder will be
        renamed.

    Raises
    ------
    OutputError
        The file cannot be written.

    Examples
    --------
    >>> write_report(result.summary, result.evidence, Path("report.html"))
    """
    folder = path.absolute().parent
    name = model_id or folder.name
    model_path = f"models/{name}" if folder.parent.name == "models" else name
    page = render(summary, evidence, model_id=name, model_path=model_path)
    try:
        path.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error


def render(summary: Summary, evidence: Evidence, *, model_id: str, model_path: str) -> str:
    """Return the report as HTML; ``model_path`` is the model folder in the code examples."""
    view = View.of(summary, evidence, model_id, model_path)
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            summary=summary,
            evidence=evidence,
            view=view,
            metric_notes=metric_notes(summary.changes),
            script_digest=script_digest(),
            canvas=scatter,
            chart=pair_charts,
        )
    )


@dataclass(frozen=True)
class ClassView:
    """A row of the class table."""

    row: ClassChange
    f1: ChangeView


@dataclass(frozen=True)
class RungView:
    """A row of the ladder; ``width`` is the score bar in percent, ``kept`` whether it was saved."""

    rung: Rung
    width: float
    kept: bool

    @property
    def ran(self) -> bool:
        """Whether the rung was run."""
        return self.rung.status is not RungStatus.SKIPPED


@dataclass(frozen=True)
class View:
    """Data for the template that is not in the summary."""

    model_id: str
    headline: IntervalBar | None
    cards: tuple[ChangeView, ...]
    classes: tuple[ClassView, ...]
    confusion: ConfusionView | None
    calibration: ReliabilityView | None
    maps: MapView | None
    pairs: PairView | None
    rungs: tuple[RungView, ...]
    reference: RungView | None
    chosen: str
    kept: str
    kept_base: bool
    model_path: str
    uses: tuple[Snippet, ...]
    text_places: tuple[str, ...]
    max_suspects: int = MAX_SUSPECTS

    @classmethod
    def of(cls, summary: Summary, evidence: Evidence, model_id: str, model_path: str) -> "View":
        """Return the view of a fit."""
        titles = {rung.name: rung.title for rung in summary.rungs}
        maps = map_view(evidence, summary.classes)
        pairs = PairView.of(summary, evidence.pairs)
        return cls(
            model_id=clean(model_id),
            headline=headline_bar(summary.verdict.headline),
            cards=change_views(summary.changes),
            classes=_class_views(summary.classes),
            confusion=confusion_view(evidence),
            calibration=reliability_view(summary.calibration),
            maps=maps,
            pairs=pairs,
            rungs=tuple(_rung_view(rung, summary.kept) for rung in summary.rungs),
            reference=_reference_view(summary),
            chosen=titles.get(summary.chosen, summary.chosen),
            kept=titles.get(summary.kept, summary.kept),
            kept_base=summary.kept == "base" and summary.chosen != "base",
            model_path=clean(model_path),
            uses=snippets(model_path, model_id, summary),
            text_places=_text_places(evidence, maps, pairs),
        )


def _text_places(
    evidence: Evidence, maps: MapView | None, pairs: PairView | None
) -> tuple[str, ...]:
    """Return where the page shows texts of the data."""
    changed = pairs.changes.worse or pairs.changes.better if pairs else evidence.changed
    places = {
        "on the maps": maps and not pairs,
        "in the charts": pairs and pairs.form != "search",
        "in the examples of the largest changes": changed,
        "in the suspected label errors": evidence.suspects,
    }
    return tuple(place for place, shown in places.items() if shown)


def _class_views(classes: tuple[ClassChange, ...]) -> tuple[ClassView, ...]:
    changes = change_views(tuple(row.f1 for row in classes))
    return tuple(map(ClassView, classes, changes))


def _reference_view(summary: Summary) -> RungView | None:
    return None if summary.reference is None else _rung_view(summary.reference, summary.kept)


def _rung_view(rung: Rung, kept: str) -> RungView:
    width = 100 * min(1.0, max(0.0, rung.score or 0.0))
    return RungView(rung, round(width, 1), rung.name == kept)


def breakable(name: str) -> Markup:
    """Allow line breaks after underscores, dots, dashes and slashes of a name."""
    return Markup("<wbr>").join(_PARTS.findall(name))


def _printable(value: object) -> object:
    return printable(value) if type(value) is str else value


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tunesmith.report"),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.filters |= {f.__name__: f for f in (breakable, code_spans, listing)}
    return environment


@lru_cache(maxsize=1)
def script_digest() -> str:
    """Return the script's digest for the page's content security policy."""
    environment = _environment()
    source = environment.get_template(SCRIPT).render()
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
