"""Tests of the largest changes of pairs and queries."""

from dataclasses import replace

import numpy as np

from tests.report import pair_samples
from tunesmith.report.pages.changed_pairs import MAX_SHOWN, pair_changes
from tunesmith.results.evidence import PairEvidence


def _evidence(
    form: str, gold: list[float], before: list[float], after: list[float]
) -> PairEvidence:
    names = tuple(f"text {row}" for row in range(len(gold)))
    return PairEvidence(form, names, names, np.array(gold), np.array(before), np.array(after))


def test_worse_is_away_from_the_gold_label() -> None:
    """A positive pair whose cosine falls, and a negative pair whose cosine rises, get worse."""
    pairs = _evidence("labelled", [1, 1, 0, 0], [0.9, 0.5, 0.6, 0.2], [0.1, 0.95, 0.6, 0.7])
    found = pair_changes(pairs)
    assert [pair.left for pair in found.worse] == ["text 0", "text 3"]
    assert [pair.left for pair in found.better] == ["text 1", "text 2"]
    assert (found.worse[0].gold, found.worse[0].before, found.worse[0].after) == (
        "positive pair", "0.90", "0.10",
    )  # fmt: skip
    assert found.worse[0].context == "more similar than 75% of all pairs before, 0% after"


def test_a_common_shift_is_not_a_change() -> None:
    """If all cosines fall by the same amount, no pair has changed."""
    for sample in (pair_samples.judged(), pair_samples.scored()):
        pairs = sample.evidence.pairs
        assert pairs is not None
        found = pair_changes(replace(pairs, after=pairs.before - 0.3))
        assert (found.worse_count, found.better_count) == (0, 0)
        assert found.unchanged == len(pairs.target)


def test_scores_are_compared_by_percentile() -> None:
    """The result equals percentiles by counting."""
    pairs = pair_samples.scored().evidence.pairs
    assert pairs is not None
    target, before, after = (
        pair_samples.percentiles(values) for values in (pairs.target, pairs.before, pairs.after)
    )
    change = np.abs(after - target) - np.abs(before - target)
    found = pair_changes(pairs)
    assert found.worse[0].left == pairs.left[int(change.argmax())]
    assert found.better[0].left == pairs.left[int(change.argmin())]
    assert len(found.worse) == len(found.better) == MAX_SHOWN


def test_ranks_are_compared_by_ratio() -> None:
    """From 1 to 4 is a larger change than from 50 to 100."""
    pairs = _evidence("search", [1, 0, 1, 0], [1, 50, 20, 7], [4, 100, 2, 7])
    found = pair_changes(pairs)
    assert [(pair.before, pair.after) for pair in found.worse] == [("1", "4"), ("50", "100")]
    assert [pair.gold for pair in found.better] == ["documents seen in training"]
    assert (found.unchanged, found.better[0].context) == (1, "")
