"""Tests of the charts of pairs and queries."""

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.report import pair_samples
from tests.report.report_samples import Sample
from tunesmith.evaluation.pairs.pair_classification import PairClassificationResult
from tunesmith.report.charts.pair_charts import (
    FLOOR,
    HEIGHT,
    LANE_FLOOR,
    LEFT,
    MAX_IN_LANES,
    MAX_POINTS,
    RIGHT,
    TOP,
    labelled_pairs_view,
    scored_view,
    search_view,
)
from tunesmith.results.evidence import PairEvidence


def _pairs(sample: Sample) -> PairEvidence:
    assert sample.evidence.pairs is not None
    return sample.evidence.pairs


def test_marks_and_histograms_stay_in_the_frame() -> None:
    """Both panels share one axis."""
    view = labelled_pairs_view(_pairs(pair_samples.judged()))
    assert [panel.title for panel in view.panels] == ["Before", "After"]
    for panel in view.panels:
        for group in panel.groups:
            numbers = [float(found) for found in re.findall(r"[\d.]+", group.path)]
            assert min(numbers) >= TOP
            assert max(numbers) <= RIGHT
            assert all(LEFT <= float(m.x) <= RIGHT for m in group.marks)
            assert all(LANE_FLOOR < float(m.y) < HEIGHT for m in group.marks)


def test_a_histogram_sums_to_its_group() -> None:
    """The heights of its bins sum to 100%."""
    pairs = _pairs(pair_samples.judged())
    view = labelled_pairs_view(pairs)
    for group in view.panels[0].groups:
        heights = np.array([float(y) for y in re.findall(r"V([\d.]+)H", group.path)])
        shares = (LANE_FLOOR - heights) / (LANE_FLOOR - TOP) * (view.up.high - view.up.low)
        assert shares.sum() == pytest.approx(100, abs=2)
    assert view.counts == (160, 80)


def test_the_line_is_the_threshold_of_the_best_f1() -> None:
    """It equals that of the evaluator, and the text alternative describes the chart."""
    pairs = _pairs(pair_samples.judged())
    panel = labelled_pairs_view(pairs).panels[1]
    assert (panel.best_f1, panel.threshold) == PairClassificationResult(
        pairs.after, pairs.target > 0
    ).best_f1
    assert panel.label.startswith("After: mean cosine 0.7")


def test_an_unchanged_model_has_one_panel() -> None:
    """There is nothing to compare."""
    sample = _pairs(pair_samples.triplets())
    assert [panel.title for panel in labelled_pairs_view(sample).panels] == ["Before and after"]
    same = replace(_pairs(pair_samples.scored()), after=_pairs(pair_samples.scored()).before)
    assert len(scored_view(same).panels) == 1


def test_large_data_is_sampled_equally_in_both_panels() -> None:
    """At most 1,500 marks; the seed selects the same pairs in both panels."""
    pairs = _pairs(pair_samples.scored())
    view = scored_view(pairs, 7)
    assert (view.shown, view.of) == (MAX_POINTS, 1800)
    before, after = ([mark.tip for mark in panel.marks] for panel in view.panels)
    assert before == after
    assert view == scored_view(pairs, 7) != scored_view(pairs, 8)
    labelled = replace(pairs, form="labelled", target=(pairs.target > 0.5).astype(float))
    assert labelled_pairs_view(labelled).shown == MAX_IN_LANES


def test_scatter_and_means_stay_in_the_frame() -> None:
    """Marks are between the axes; the line rises with the scores and needs enough pairs."""
    pairs = _pairs(pair_samples.scored())
    view = scored_view(pairs)
    for panel in view.panels:
        assert all(LEFT <= float(m.x) <= RIGHT and TOP <= float(m.y) <= FLOOR for m in panel.marks)
    knots = np.array(view.panels[0].means.split(), dtype=float).reshape(-1, 2)
    assert (np.diff(knots[:, 0]) > 0).all()
    assert knots[0, 1] > knots[-1, 1]
    few = PairEvidence("scored", ("a",) * 9, ("b",) * 9, *(np.linspace(0, 1, 9),) * 3)
    assert scored_view(few).panels[0].means == ""


def test_rank_bars_count_every_query_once() -> None:
    """The counts equal a loop over the ranks, for all, seen and unseen queries."""
    pairs = _pairs(pair_samples.searched())
    groups = search_view(pairs)
    assert [group.name for group in groups] == ["all", "seen", "unseen"]
    for group, rows in zip(
        groups, (pairs.target >= 0, pairs.target > 0, pairs.target == 0), strict=True
    ):
        for bar, ranks in zip(group.bars, (pairs.before[rows], pairs.after[rows]), strict=True):
            naive = [0, 0, 0, 0]
            for rank in ranks:
                naive[0 if rank == 1 else 1 if rank <= 10 else 2 if rank <= 100 else 3] += 1
            assert [segment.count for segment in bar.segments] == naive
            assert sum(segment.width for segment in bar.segments) == pytest.approx(100, abs=0.1)


def test_a_single_group_of_queries_is_drawn_once() -> None:
    """There is no second, identical bar for all queries."""
    pairs = _pairs(pair_samples.searched())
    alone = search_view(replace(pairs, target=np.zeros(300)))
    assert [(group.name, group.count) for group in alone] == [("unseen", 300)]
