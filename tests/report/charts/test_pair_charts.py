"""Promises of the pictures of pairs and searches."""

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
    MOST_IN_LANES,
    MOST_POINTS,
    RIGHT,
    TOP,
    judged_view,
    scored_view,
    search_view,
)
from tunesmith.results.evidence import PairEvidence


def _pairs(sample: Sample) -> PairEvidence:
    assert sample.evidence.pairs is not None
    return sample.evidence.pairs


def test_both_panels_share_their_scales_and_hold_every_mark() -> None:
    """One axis before and after; no hill and no mark leaves the frame."""
    view = judged_view(_pairs(pair_samples.judged()))
    assert [panel.title for panel in view.panels] == ["Before", "After"]
    for panel in view.panels:
        for group in panel.groups:
            numbers = [float(found) for found in re.findall(r"[\d.]+", group.path)]
            assert min(numbers) >= TOP
            assert max(numbers) <= RIGHT
            assert all(LEFT <= float(m.x) <= RIGHT for m in group.marks)
            assert all(LANE_FLOOR < float(m.y) < HEIGHT for m in group.marks)


def test_a_hill_holds_every_pair_of_its_group() -> None:
    """The heights of its steps sum to all of them."""
    pairs = _pairs(pair_samples.judged())
    view = judged_view(pairs)
    for group in view.panels[0].groups:
        heights = np.array([float(y) for y in re.findall(r"V([\d.]+)H", group.path)])
        shares = (LANE_FLOOR - heights) / (LANE_FLOOR - TOP) * (view.up.high - view.up.low)
        assert shares.sum() == pytest.approx(100, abs=2)
    assert view.counts == (160, 80)


def test_the_line_is_the_threshold_of_the_best_f1() -> None:
    """As the evaluation finds it, and said to whoever does not see it."""
    pairs = _pairs(pair_samples.judged())
    panel = judged_view(pairs).panels[1]
    assert (panel.best_f1, panel.threshold) == PairClassificationResult(
        pairs.after, pairs.said > 0
    ).best_f1
    assert panel.label.startswith("After: mean cosine 0.7")


def test_one_model_is_drawn_once() -> None:
    """Where nothing changed there is nothing to compare."""
    sample = _pairs(pair_samples.triplets())
    assert [panel.title for panel in judged_view(sample).panels] == ["Before and after"]
    same = replace(_pairs(pair_samples.scored()), after=_pairs(pair_samples.scored()).before)
    assert len(scored_view(same).panels) == 1


def test_many_pairs_are_sampled_by_the_seed_alike_in_both_panels() -> None:
    """At most 1,500 marks, the same pairs before and after, the same ones each time."""
    pairs = _pairs(pair_samples.scored())
    view = scored_view(pairs, 7)
    assert (view.shown, view.of) == (MOST_POINTS, 1800)
    before, after = ([mark.tip for mark in panel.marks] for panel in view.panels)
    assert before == after
    assert view == scored_view(pairs, 7) != scored_view(pairs, 8)
    many = replace(pairs, form="judged", said=(pairs.said > 0.5).astype(float))
    assert judged_view(many).shown == MOST_IN_LANES


def test_scatter_and_means_stay_in_their_frame() -> None:
    """Every mark lies between the axes; the line rises with the scores; few pairs have none."""
    pairs = _pairs(pair_samples.scored())
    view = scored_view(pairs)
    for panel in view.panels:
        assert all(LEFT <= float(m.x) <= RIGHT and TOP <= float(m.y) <= FLOOR for m in panel.marks)
    places = np.array(view.panels[0].means.split(), dtype=float).reshape(-1, 2)
    assert (np.diff(places[:, 0]) > 0).all()
    assert places[0, 1] > places[-1, 1]
    few = PairEvidence("scored", ("a",) * 9, ("b",) * 9, *(np.linspace(0, 1, 9),) * 3)
    assert scored_view(few).panels[0].means == ""


def test_bars_of_ranks_count_every_query_once() -> None:
    """As a loop over the ranks does, for all, for seen and for unseen queries."""
    pairs = _pairs(pair_samples.searched())
    groups = search_view(pairs)
    assert [group.name for group in groups] == ["all", "seen", "unseen"]
    for group, rows in zip(groups, (pairs.said >= 0, pairs.said > 0, pairs.said == 0), strict=True):
        for bar, ranks in zip(group.bars, (pairs.before[rows], pairs.after[rows]), strict=True):
            naive = [0, 0, 0, 0]
            for rank in ranks:
                naive[0 if rank == 1 else 1 if rank <= 10 else 2 if rank <= 100 else 3] += 1
            assert [segment.count for segment in bar.segments] == naive
            assert sum(segment.width for segment in bar.segments) == pytest.approx(100, abs=0.1)


def test_queries_of_one_sort_are_drawn_once() -> None:
    """No bar of all beside the same bar of the unseen."""
    pairs = _pairs(pair_samples.searched())
    alone = search_view(replace(pairs, said=np.zeros(300)))
    assert [(group.name, group.count) for group in alone] == [("unseen", 300)]
