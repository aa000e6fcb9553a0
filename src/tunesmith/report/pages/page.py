"""The HTML report: one self-contained file that needs neither network nor JavaScript."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice, repeat
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tunesmith.errors import OutputError
from tunesmith.phrasing import FILTERS
from tunesmith.report.charts import pair_charts, scatter
from tunesmith.report.charts.confusion import ConfusionView, confusion_view
from tunesmith.report.charts.ladder_chart import LadderView, ladder_view
from tunesmith.report.charts.reliability_plot import ReliabilityView, reliability_view
from tunesmith.report.charts.scatter import MapView, map_view
from tunesmith.report.charts.score_charts import ChangeView, IntervalBar, change_views, headline_bar
from tunesmith.report.pages.metric_notes import metric_notes
from tunesmith.report.pages.pair_view import PairView
from tunesmith.report.pages.snippets import Snippet, snippets
from tunesmith.results.evidence import Evidence
from tunesmith.results.finding import Finding, Severity
from tunesmith.results.notebook import code_spans
from tunesmith.results.summary import ClassChange, Outcome, Summary
from tunesmith.wording import clean, count, listing, plural, printable

TEMPLATE = "report.html.j2"
SCRIPT = "report.js"
FONT = Path(__file__).parent.parent / "fonts" / "inter-latin-wght-normal.woff2"
MAX_SUSPECTS = 100
MAX_FINDING_TEXTS = 3
_PARAMETERS = re.compile(r" \(`[^`]*`\)")
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
            font=_font(),
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
class FindingView:
    """A finding of the data check with the texts of its first rows, by row number."""

    finding: Finding
    texts: Mapping[int, str]


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
    ladder: LadderView
    findings: tuple[FindingView, ...]
    chosen: str
    kept: str
    same: bool
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
            cards=tuple(view for change in summary.changes for view in change_views([change])),
            classes=_class_views(summary.classes, same=summary.chosen == "base"),
            confusion=confusion_view(evidence),
            calibration=reliability_view(summary.calibration),
            maps=maps,
            pairs=pairs,
            ladder=ladder_view(summary),
            findings=_finding_views(summary, evidence),
            chosen=titles.get(summary.chosen, summary.chosen),
            kept=titles.get(summary.kept, summary.kept),
            same=summary.chosen == "base",
            kept_base=summary.kept == "base" and summary.chosen != "base",
            model_path=clean(model_path),
            uses=snippets(model_path, model_id, summary),
            text_places=_text_places(evidence, maps, pairs),
        )

    @property
    def large(self) -> str:
        """Whose scores are the large numbers: those of ``"base"``, ``"tuned"`` or ``"both"``."""
        return "both" if self.same else "base" if self.kept_base else "tuned"

    @property
    def names(self) -> tuple[str, str]:
        """Titles of the results of the base model and of the chosen candidate."""
        return ("Base, kept", "Candidate, not kept") if self.kept_base else ("Before", "After")

    @property
    def short_names(self) -> tuple[str, str]:
        """The same for narrow columns."""
        return ("base", "candidate") if self.kept_base else ("before", "after")

    @property
    def class_brief(self) -> str:
        """The number of classes, and how many are proven better or worse."""
        outcomes = [view.row.f1.outcome for view in self.classes]
        better, worse = outcomes.count(Outcome.BETTER), outcomes.count(Outcome.WORSE)
        brief = plural(len(outcomes), "class")
        return brief if self.same else f"{brief}: {count(better)} better, {count(worse)} worse"

    @property
    def confusion_brief(self) -> str:
        """The number of errors of both models."""
        errors = [matrix.errors for matrix in self.confusion.matrices] if self.confusion else [0]
        if self.same:
            return plural(errors[0], "error")
        if self.kept_base:
            return f"{plural(errors[0], 'error')} of the base, {count(errors[-1])} of the candidate"
        return f"{plural(errors[0], 'error')} before, {count(errors[-1])} after"

    @property
    def tasks(self) -> list[FindingView]:
        """The errors and warnings, errors first."""
        known = [each for each in self.findings if each.finding.severity != Severity.NOTE]
        return sorted(known, key=lambda each: each.finding.severity != Severity.ERROR)

    @property
    def notes(self) -> list[FindingView]:
        """The findings that need no action."""
        return [each for each in self.findings if each.finding.severity == Severity.NOTE]


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
        "in the data check": any(evidence.finding_texts),
    }
    return tuple(place for place, shown in places.items() if shown)


def _class_views(classes: tuple[ClassChange, ...], *, same: bool) -> tuple[ClassView, ...]:
    """Return proven changes first, then the largest; without any change, the weakest first."""
    views = map(ClassView, classes, change_views(tuple(row.f1 for row in classes)))
    if same:
        return tuple(sorted(views, key=lambda view: view.row.f1.base))
    return tuple(
        sorted(
            views,
            key=lambda view: (
                view.row.f1.outcome is Outcome.NO_PROVEN_CHANGE,
                -abs(view.row.f1.difference),
            ),
        )
    )


def _finding_views(summary: Summary, evidence: Evidence) -> tuple[FindingView, ...]:
    texts = chain(evidence.finding_texts, repeat({}))
    return tuple(
        FindingView(finding, dict(islice(found.items(), MAX_FINDING_TEXTS)))
        for finding, found in zip(summary.findings, texts, strict=False)
    )


def in_words(sentence: str) -> str:
    """Return a sentence without the names of parameters, which its readers may never have set.

    Examples
    --------
    >>> in_words("Try a larger `budget`, or a test file (`test`).")
    'Try a larger budget, or a test file.'
    """
    return _PARAMETERS.sub("", sentence).replace("`", "")


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
    environment.filters |= {f.__name__: f for f in (breakable, code_spans, in_words, listing)}
    return environment


@lru_cache(maxsize=1)
def _font() -> str:
    """Return Inter in base64: the page has no other file to load it from."""
    return base64.b64encode(FONT.read_bytes()).decode()


@lru_cache(maxsize=1)
def script_digest() -> str:
    """Return the script's digest for the page's content security policy."""
    environment = _environment()
    source = environment.get_template(SCRIPT).render()
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
