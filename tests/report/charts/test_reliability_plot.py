"""Reliability plots: a point for each bin, on axes from 0 to 1."""

from tests.report.report_samples import calibration
from tunesmith.report.charts.reliability_plot import reliability_view


def test_points_are_placed_by_probability_and_accuracy() -> None:
    """Further right with more probability, further up with more accuracy; tips have the values."""
    view = reliability_view(calibration())
    assert view is not None
    before, after = view.panels
    assert (before.title, after.title) == ("Before", "After")
    first, last = before.marks[0], before.marks[-1]
    assert float(first.x) < float(last.x)
    assert float(first.y) > float(last.y)
    assert first.x == str(view.across.place(0.2))
    assert first.tip == "mean probability 0.200, accuracy 0.525, 26 texts"
    assert before.line.split()[:2] == [first.x, first.y]
    assert before.label == "Before: calibration error 0.132 in 15 bins"


def test_multilabel_bins_count_labels() -> None:
    """A text has several; without calibration there is no plot."""
    view = reliability_view(calibration(temperature=None))
    assert view is not None
    assert view.panels[0].marks[0].tip.endswith("26 labels")
    assert reliability_view(None) is None
