"""Advice as tables: candidates, recipes and the learning curve; in HTML, every text is escaped."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from tunesmith.advice.class_forecast import ClassForecast, Outlook
from tunesmith.phrasing import kind_name
from tunesmith.results.notebook import paragraphs, table
from tunesmith.results.summary import Rung
from tunesmith.wording import count, cut, duration, number, plural, share, signed

if TYPE_CHECKING:
    from tunesmith.advice.costs import RecipeCost
    from tunesmith.advice.learning_curve import LearningCurve

_CLASSES = 12
_NEGLIGIBLE_GAIN = 0.005


def candidates_html(rungs: Sequence[Rung]) -> Markup:
    """Return the candidates of a fit with their estimated times.

    Examples
    --------
    >>> from tunesmith.results.summary import RungStatus
    >>> rung = Rung("top", "Top layers", RungStatus.SKIPPED, estimate=90.0)
    >>> "<td>about 1 min 30 s</td>" in candidates_html([rung])
    True
    """
    rows = [(rung.title, f"about {duration(rung.estimate)}") for rung in rungs]
    return table(("candidate", "time"), rows)


def recipes_html(recipes: "Sequence[RecipeCost]") -> Markup:
    """Return the recipes that can train on the data, with their estimated times."""
    rows = [
        (
            each.name,
            "chosen" if each.chosen else "",
            kind_name(each.learns_from),
            count(each.rows),
            f"about {duration(each.seconds)}",
            each.when,
        )
        for each in recipes
    ]
    names = ("recipe", "", "trains on", "rows", "time", "when to use")
    return table(names, rows, left=(0, 1, 2, 5))


def curve_html(curve: "LearningCurve") -> Markup:
    """Return the points of a learning curve, its forecast, and the classes that gain most."""
    rows = [(part, rows, number(score), note) for part, rows, score, note in curve_rows(curve)]
    sentences = paragraphs(forecast_sentences(curve))
    names = ("trained on", "rows", curve.metric, "")
    return table(names, rows, left=(3,)) + sentences + _classes_html(curve.classes)


def curve_rows(curve: "LearningCurve") -> list[tuple[str, str, float, str]]:
    """Return share, number of rows, score and a note for each measured and expected point.

    Examples
    --------
    >>> from tunesmith.advice.learning_curve import CurvePoint, Doubling, LearningCurve
    >>> points, doubled = (CurvePoint(0.8, 480, 0.86),), Doubling(1200, 0.9, low=0.88, high=0.92)
    >>> curve_rows(LearningCurve("accuracy", 600, 600, 10.0, 4, 0, points, 0.87, doubled, ()))
    [('80%', '480', 0.86, ''), ('160%', '960', 0.9, 'expected, 0.880 to 0.920')]
    """
    last, doubled = curve.points[-1], curve.doubled
    measured = [
        (share(point.rows / curve.rows, 0), count(point.rows), point.score, "")
        for point in curve.points
    ]
    interval = f"expected, {number(doubled.low)} to {number(doubled.high)}"
    forecasts = [(2, doubled.score, interval)]
    if curve.looked_at < curve.rows:
        forecasts.insert(0, (1, curve.now, "expected"))
    expected = [
        (share(times * last.share, 0), count(round(times * last.share * curve.rows)), score, note)
        for times, score, note in forecasts
    ]
    return measured + expected


def forecast_sentences(curve: "LearningCurve") -> list[str]:
    """Return what twice the data are expected to change, and how far that can be relied on."""
    sample = (
        f"Based on a sample of {count(curve.looked_at)} of {count(curve.rows)} rows."
        if curve.looked_at < curve.rows
        else ""
    )
    change = (
        "Doubling the data is expected to gain almost nothing: the remaining error is unlikely "
        "to shrink with more data."
        if curve.gain < _NEGLIGIBLE_GAIN
        else f"Doubling the data is expected to change {curve.metric} from {number(curve.now)} to "
        f"{number(curve.doubled.score)} ({signed(curve.gain)})."
    )
    few = sum(each.outlook is Outlook.TOO_FEW for each in curve.classes)
    caveat = (
        f"{plural(few, 'label')} with fewer than 5 rows: all labels count equally in macro F1, so "
        "this forecast is unreliable."
        if few and curve.metric == "macro F1"
        else ""
    )
    return [sentence for sentence in (sample, change, caveat) if sentence]


def _classes_html(classes: Sequence[ClassForecast]) -> Markup:
    improvable = [each for each in classes if each.outlook is not Outlook.NONE]
    rows = [
        (
            cut(each.label, 60),
            count(each.rows),
            number(each.recall),
            number(each.f1),
            signed(each.gain),
            str(each.outlook) if each.outlook is Outlook.TOO_FEW else "",
        )
        for each in improvable[:_CLASSES]
    ]
    rest = len(improvable) - _CLASSES
    more = Markup("<p>and {} more classes</p>").format(rest) if rest > 0 else Markup()
    names = ("class", "rows", "recall", "F1", "gain from 2× rows", "")
    return table(names, rows, left=(0, 5)) + more if rows else Markup()
