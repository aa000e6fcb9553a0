"""The comparison of the best of several candidates accounts for the choice."""

import numpy as np

from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.item_scores import MeanScores, value
from tunesmith.evaluation.selection import Selection
from tunesmith.results.summary import Outcome

ITEMS = 200


def hits(generator: np.random.Generator, probability: float) -> MeanScores:
    return MeanScores({"hits": (generator.random(ITEMS) < probability).astype(np.float64)})


def selection(candidates: list[MeanScores], seed: int = 0) -> Selection:
    best = int(np.argmax([value(each, "hits") for each in candidates]))
    return Selection.among(candidates, best, "hits", seed=seed)


def test_a_choice_among_equals_is_not_a_gain() -> None:
    """The best of eight equal candidates looks better; the corrected difference does not."""
    plain, corrected = [], []
    for seed in range(30):
        generator = np.random.default_rng(seed)
        found = selection([hits(generator, 0.7) for _ in range(8)], seed)
        plain.append(value(found.tuned, "hits") - value(found.base, "hits"))
        corrected.append(found.change("hits").difference)
    assert np.mean(plain) > 0.03
    assert abs(np.mean(corrected)) < 0.015


def test_noise_is_rarely_proven_better() -> None:
    """With eight equal candidates, at most one of forty choices is called better."""
    better = 0
    for seed in range(40):
        generator = np.random.default_rng(seed)
        found = selection([hits(generator, 0.7) for _ in range(8)], seed)
        better += found.change("hits").outcome is Outcome.BETTER
    assert better <= 1


def test_a_real_gain_is_proven_and_not_shrunk() -> None:
    """A candidate that is far better than all others needs no correction."""
    generator = np.random.default_rng(1)
    candidates = [hits(generator, 0.6), hits(generator, 0.61), hits(generator, 0.95)]
    found = selection(candidates)
    plain = value(candidates[2], "hits") - value(candidates[0], "hits")
    assert abs(found.change("hits").difference - plain) < 0.01
    assert found.outcome("hits") is Outcome.BETTER
    assert found.probability("hits") > 0.99


def test_the_interval_is_wider_than_without_a_choice() -> None:
    """With one candidate there is no choice, but folds share training rows."""
    generator = np.random.default_rng(2)
    base, tuned = hits(generator, 0.7), hits(generator, 0.8)
    alone = Comparison(base, tuned).change("hits")
    found = Selection.among([base, tuned], 1, "hits", seed=0).change("hits")
    assert 1.05 < (found.high - found.low) / (alone.high - alone.low) < 1.25


def test_the_base_itself_has_no_change() -> None:
    """If no candidate is better, the comparison is of the base with itself."""
    base = hits(np.random.default_rng(4), 0.7)
    change = Selection.among([base], 0, "hits", seed=0).change("hits")
    assert (change.difference, change.low, change.high) == (0, 0, 0)
    assert Selection.among([base], 0, "hits", seed=0).p_value("hits") == 1


def test_a_corrected_score_is_within_the_range_of_its_metric() -> None:
    """A perfect candidate is at 1, though its gain on the items not drawn varies."""
    for seed in range(8):
        base = hits(np.random.default_rng(seed), 0.3)
        perfect = MeanScores({"hits": np.ones(ITEMS)})
        assert Selection.among([base, perfect], 1, "hits", seed=seed).change("hits").tuned <= 1
