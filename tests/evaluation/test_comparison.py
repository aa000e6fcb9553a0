"""Confidence intervals and permutation tests of paired differences."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tunesmith.evaluation.comparison import Comparison, resample_weights
from tunesmith.evaluation.labels.label_scores import LabelScores, class_changes
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.results.summary import Outcome

ACCURACY = "accuracy"


def of_hits(*hits: NDArray[np.bool_], seed: int = 0) -> Comparison:
    targets = Targets(np.eye(2, dtype=np.float32)[np.zeros(len(hits[0]), int)], ("a", "b"), False)
    base, tuned = (Predictions.of_labels(np.stack([hit, ~hit], axis=1), targets) for hit in hits)
    return Comparison(LabelScores(base, targets), LabelScores(tuned, targets), seed)


def test_resamples_draw_as_many_items_as_there_are() -> None:
    """Each resample has n draws, and the same seed gives the same resamples."""
    weights, again = (np.concatenate([*resample_weights(7, seed=3)]) for _ in range(2))
    assert weights.shape == (2_000, 7)
    assert (weights.sum(axis=1) == 7).all()
    assert np.array_equal(weights, again)


def test_resamples_come_in_blocks_of_bounded_size() -> None:
    """A large test set needs more blocks, not more memory."""
    blocks = [*resample_weights(1_000_000, seed=0, resamples=6)]
    assert [block.shape for block in blocks] == [(4, 1_000_000), (2, 1_000_000)]


def test_the_interval_equals_a_naive_bootstrap() -> None:
    """Weighted metrics give the same result as resampling the items one by one."""
    generator = np.random.default_rng(0)
    base, tuned = generator.random((2, 60)) < np.array([[0.6], [0.8]])
    comparison = of_hits(base, tuned)
    differences = []
    for counts in np.concatenate([*comparison.weights()]).astype(int):
        rows = np.repeat(np.arange(60), counts)
        differences.append(tuned[rows].mean() - base[rows].mean())
    change = comparison.change(ACCURACY)
    assert (change.low, change.high) == pytest.approx(np.percentile(differences, [2.5, 97.5]))


def test_the_base_has_an_interval_of_its_own() -> None:
    """It equals a naive bootstrap."""
    generator = np.random.default_rng(0)
    base, tuned = generator.random((2, 60)) < np.array([[0.6], [0.8]])
    comparison = of_hits(base, tuned)
    drawn = np.concatenate([*comparison.weights()]).astype(int)
    values = [base[np.repeat(np.arange(60), counts)].mean() for counts in drawn]
    assert comparison.base_interval(ACCURACY) == pytest.approx(np.percentile(values, [2.5, 97.5]))


def test_a_model_compared_with_itself_has_not_changed() -> None:
    """The interval is exactly zero, and no change is proven."""
    hits = np.arange(50) % 3 > 0
    comparison = of_hits(hits, hits)
    change = comparison.change(ACCURACY)
    assert (change.difference, change.low, change.high) == (0, 0, 0)
    assert comparison.outcome(ACCURACY) is Outcome.NO_PROVEN_CHANGE


def test_a_few_lucky_answers_prove_nothing() -> None:
    """If only the bootstrap finds a gain, the permutation test prevents the verdict better."""
    base = np.ones(60, dtype=np.bool_)
    base[:5] = False
    comparison = of_hits(base, np.ones(60, dtype=np.bool_))
    assert comparison.change(ACCURACY).outcome is Outcome.BETTER
    assert comparison.p_value(ACCURACY) == pytest.approx(2 / 32, abs=0.02)
    assert comparison.outcome(ACCURACY) is Outcome.NO_PROVEN_CHANGE


def test_a_p_value_near_the_level_does_not_depend_on_the_seed() -> None:
    """33 gained and 17 lost of 3,080: the exact p-value is 0.033, and 2,000 permutations vary."""
    base = np.zeros(3_080, dtype=np.bool_)
    tuned = base.copy()
    tuned[:33] = base[33:50] = True
    found = [of_hits(base, tuned, seed=seed).p_value(ACCURACY) for seed in range(3)]
    assert all(0.024 < each < 0.045 for each in found)


def test_a_clear_gain_and_a_clear_loss_are_proven() -> None:
    """Twenty more correct answers in a hundred are better; twenty fewer are worse."""
    low, high = np.arange(100) < 60, np.arange(100) < 80
    assert of_hits(low, high).outcome(ACCURACY) is Outcome.BETTER
    assert of_hits(high, low).outcome(ACCURACY) is Outcome.WORSE


def test_equal_models_are_rarely_called_different() -> None:
    """The false positive rate is at most about one in twenty."""
    generator = np.random.default_rng(1)
    false_positives = 0
    for seed in range(40):
        base, tuned = generator.random((2, 80)) < 0.7
        false_positives += (
            of_hits(base, tuned, seed=seed).outcome(ACCURACY) is not Outcome.NO_PROVEN_CHANGE
        )
    assert false_positives <= 7


def test_class_changes_count_true_labels() -> None:
    """A class without a true item is omitted."""
    base = np.arange(30) < 20
    scores = of_hits(base, base).base
    assert isinstance(scores, LabelScores)
    (only,) = class_changes(scores, scores)
    assert (only.label, only.count) == ("a", 30)
    assert only.base_recall == pytest.approx(20 / 30)
