"""Tests of the ladder on one axis."""

from dataclasses import replace

from tests.report import report_samples
from tunesmith.report.charts.ladder_chart import ladder_view
from tunesmith.results.summary import Rung, RungStatus, Summary


def _summary(*rungs: Rung) -> Summary:
    return replace(report_samples.few().summary, rungs=rungs, reference=None)


def _rung(name: str, score: float | None, error: float | None = None) -> Rung:
    return Rung(name, name, RungStatus.DONE, 1.0, 1.0, score, difference_error=error)


def test_the_axis_begins_where_the_scores_differ() -> None:
    """Scores of 0.918 and 0.938 are far from each other, and the best one is marked."""
    view = ladder_view(_summary(_rung("base", 0.918), _rung("linear", 0.938)))
    places = [each.place for each in view.rungs]
    assert places[0] is not None
    assert places[1] is not None
    assert places[1].point - places[0].point > 60
    assert places[1].point == view.best
    assert (view.low, view.high) == ("0.913", "0.943")


def test_a_standard_error_reaches_towards_the_best() -> None:
    """It ends where the score plus the error is, within the axis."""
    view = ladder_view(_summary(_rung("base", 0.90, 0.03), _rung("linear", 0.92)))
    base = view.rungs[0].place
    assert base is not None
    assert base.reach is not None
    assert base.point < view.best < base.reach <= 100
    assert view.rungs[1].place is not None
    assert view.rungs[1].place.reach is None


def test_a_distant_reference_is_not_drawn() -> None:
    """Otherwise the candidates would all be in one place; without scores nothing is drawn."""
    summary = _summary(_rung("base", 0.90), _rung("linear", 0.92))
    far = ladder_view(replace(summary, reference=_rung("tfidf", 0.4))).reference
    near = ladder_view(replace(summary, reference=_rung("tfidf", 0.91))).reference
    assert far is not None
    assert far.place is None
    assert near is not None
    assert near.place is not None
    assert ladder_view(_summary(_rung("base", None))).rungs[0].place is None


def test_equal_scores_have_one_place() -> None:
    """The axis has a width even so."""
    view = ladder_view(_summary(_rung("base", 1.0), _rung("linear", 1.0)))
    assert [each.place.point for each in view.rungs if each.place] == [50.0, 50.0]
