"""Tests of interval bars, maps and confusion matrices."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report import report_samples
from tunesmith.report.charts.confusion import confusion_view
from tunesmith.report.charts.scatter import HEIGHT, MAX_POINTS, OTHERS, WIDTH, map_view
from tunesmith.report.charts.score_charts import headline_bar, interval_bars
from tunesmith.results.evidence import Evidence, Maps
from tunesmith.results.summary import Change

SHARES = st.floats(0, 1, allow_nan=False)


def _change(base: float, tuned: float, half: float, *, higher: bool = True) -> Change:
    difference = tuned - base
    return Change("m", base, tuned, difference - half, difference + half, higher)


@given(st.lists(st.tuples(SHARES, SHARES, st.floats(0, 0.5), st.booleans()), max_size=6))
def test_bars_are_on_the_axis_in_order(values: list[tuple[float, float, float, bool]]) -> None:
    """Low, change and high are ordered and on the axis, with zero in the middle."""
    changes = [_change(a, b, half, higher=higher) for a, b, half, higher in values]
    for bar in interval_bars(changes):
        assert bar is not None
        assert 0 <= bar.low <= bar.point + 0.01 <= bar.high + 0.02 <= 100.02
        assert bar.zero == 50


def test_right_is_better_for_log_loss_too() -> None:
    """A lower log loss is drawn right of zero, a higher one left of it."""
    fell, rose = interval_bars(
        [_change(0.5, 0.3, 0.1, higher=False), _change(0.5, 0.7, 0.1, higher=False)]
    )
    assert fell is not None
    assert rose is not None
    assert fell.low > 50 > rose.high


def test_the_headline_axis_holds_zero_and_round_ticks() -> None:
    """Ticks are in percentage points and include zero."""
    bar = headline_bar(Change("accuracy", 0.874, 0.905, 0.012, 0.05))
    assert bar is not None
    texts = [tick.text for tick in bar.ticks]
    assert texts == ["0", "+2", "+4"]
    assert bar.ticks[0].place == pytest.approx(bar.zero)


def test_ticks_of_log_loss_keep_its_own_sign() -> None:
    """Right is better, so the values decrease from left to right."""
    bar = headline_bar(Change("log loss", 0.5, 0.3, -0.3, -0.1, higher_is_better=False))
    assert bar is not None
    assert [tick.text for tick in bar.ticks] == ["0.0", "−0.1", "−0.2", "−0.3"]


def test_an_unknown_change_has_no_bar() -> None:
    """NaN is not drawn."""
    change = Change("F1", float("nan"), 0.5, float("nan"), float("nan"))
    assert interval_bars([change]) == [None]
    assert headline_bar(change) is None


def test_every_text_is_on_every_map_within_the_frame() -> None:
    """No mark is missing or clipped, and each of few classes has its own colour and shape."""
    sample = report_samples.ten()
    view = map_view(sample.evidence, sample.summary.classes)
    assert view is not None
    assert len({(key.slot, key.shape) for key in view.keys}) == 10
    for row in view.rows:
        for panel in row.panels:
            marks = [mark for series in panel.series for mark in series.marks]
            assert len(marks) == 130
            assert all(0 < float(m.x) < WIDTH and 0 < float(m.y) < HEIGHT for m in marks)


def test_the_most_changed_of_many_classes_are_coloured() -> None:
    """Ten are coloured; the rest are grey and drawn first."""
    sample = report_samples.many()
    view = map_view(sample.evidence, sample.summary.classes)
    assert view is not None
    ranked = sorted(sample.summary.classes, key=lambda row: -abs(row.f1.difference))
    assert {key.label for key in view.keys} == {row.label for row in ranked[:10]} | {OTHERS}
    assert view.rows[0].panels[0].series[0].key.slot is None
    assert "F1 changed most" in view.hint
    multilabel = replace(sample.evidence, true_labels=tuple(f"{i % 40}, b" for i in range(3000)))
    sets = map_view(multilabel, sample.summary.classes)
    assert sets is not None
    assert "most common sets of labels" in sets.hint


def test_large_maps_are_sampled_on_one_scale() -> None:
    """At most 3,000 marks; distances in both panels are comparable."""
    count = MAX_POINTS + 500
    line = np.stack([np.linspace(0, 1, count), np.zeros(count)], axis=1).astype(np.float32)
    maps = Maps(np.arange(count), line, 2 * line, line, line)
    empty = np.zeros((0, 0), dtype=np.int64)
    evidence = Evidence(("t",) * count, ("a",) * count, ("a",), empty, empty, maps, ())
    view = map_view(evidence, ())
    assert view is not None
    assert view.shown == MAX_POINTS
    widths = [
        max(xs) - min(xs)
        for panel in view.rows[1].panels
        for xs in [[float(mark.x) for mark in panel.series[0].marks]]
    ]
    assert widths[1] == pytest.approx(2 * widths[0], abs=0.5)


def test_an_unchanged_map_is_drawn_once() -> None:
    """The map of neighbours has one panel if before and after are the same, and fills its frame."""
    line = np.stack([np.linspace(0, 1, 9), np.zeros(9)], axis=1).astype(np.float32)
    empty = np.zeros((0, 0), dtype=np.int64)
    maps = Maps(np.arange(9), line, 2 * line, line, line)
    view = map_view(Evidence(("t",) * 9, ("a",) * 9, ("a",), empty, empty, maps, ()), ())
    assert view is not None
    assert [len(row.panels) for row in view.rows] == [1, 2]
    ends = [float(mark.x) for mark in view.rows[0].panels[0].series[0].marks]
    assert max(ends) - min(ends) > 0.9 * WIDTH


def test_names_are_on_the_map_and_apart() -> None:
    """Every class of a small map is named once, within the frame."""
    sample = report_samples.few()
    view = map_view(sample.evidence, sample.summary.classes)
    assert view is not None
    for row in view.rows:
        for panel in row.panels:
            assert sorted(name.text for name in panel.names) == sorted(sample.evidence.labels)
            assert all(0 < name.x < WIDTH and 0 < name.y < HEIGHT for name in panel.names)
            heights = sorted(name.y for name in panel.names)
            assert len(set(heights)) == len(heights)


def test_without_maps_there_is_no_view() -> None:
    """Missing maps are not an error."""
    assert map_view(report_samples.bare().evidence, ()) is None


def test_confusion_views_equal_the_matrix() -> None:
    """Errors, cells and pairs equal plain sums."""
    evidence = report_samples.ten().evidence
    view = confusion_view(evidence)
    assert view is not None
    for matrix, counts in zip(
        view.matrices, (evidence.confusion_base, evidence.confusion_tuned), strict=True
    ):
        assert [[cell.count for cell in row] for row in matrix.rows] == counts.tolist()
        assert matrix.errors == counts.sum() - np.trace(counts)
    changes = [abs(pair.tuned - pair.base) for pair in view.pairs]
    errors = np.abs(evidence.confusion_tuned - evidence.confusion_base)
    np.fill_diagonal(errors, 0)
    assert changes == sorted(changes, reverse=True)
    assert changes[0] == errors.max()


def test_multilabel_data_has_no_view() -> None:
    """Nor does evidence whose matrix does not match its labels."""
    assert confusion_view(report_samples.multilabel().evidence) is None
    wrong = replace(report_samples.few().evidence, labels=("only", "two"))
    assert confusion_view(wrong) is None
