"""Base and tuned on the same items: differences, paired intervals, and what is proven.

Two guards stand before the word *better*: the 95% interval of a paired bootstrap (Efron 1979;
percentile method, whole items resampled, the same resample for both models) must lie above zero,
and a randomisation test (the two models' answers swapped item by item; Noreen 1989) must give a
chance of at most 5%. The second matters where few items differ: a bootstrap alone would call
four lucky answers a proof.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.metrics import METRICS, Metric, Weights, class_scores
from tunesmith.evaluation.predictions import Predictions
from tunesmith.evaluation.targets import Targets
from tunesmith.results import Change, ClassChange, Outcome

RESAMPLES = 2_000
LEVEL = (2.5, 97.5)
LARGEST_CHANCE = 0.05
# Weights held at once; 4 million of them take 16 MB, and 32 MB while they are drawn.
BLOCK = 4_000_000


def resample_weights(items: int, *, seed: int, resamples: int = RESAMPLES) -> Iterator[Weights]:
    """Yield how often each item is drawn in each bootstrap resample, some resamples at a time.

    Each block has shape (resamples in it, items); together they are ``resamples``. Memory does
    not grow with their number.
    """
    generator = np.random.default_rng(seed)
    size = max(1, BLOCK // items)
    for start in range(0, resamples, size):
        rows = min(size, resamples - start)
        drawn = generator.integers(0, items, (rows, items)) + np.arange(rows)[:, None] * items
        counts = np.bincount(drawn.ravel(), minlength=rows * items)
        yield counts.reshape(rows, items).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two models on the same items.

    Parameters
    ----------
    base, tuned
        What each predicts on the items.
    targets
        The items' true labels.
    seed
        Of the resamples.
    """

    base: Predictions
    tuned: Predictions
    targets: Targets
    seed: int = 0

    def weights(self) -> Iterator[Weights]:
        """Yield the resamples, the same for both models and every metric."""
        return resample_weights(len(self.targets), seed=self.seed)

    def change(self, metric: Metric) -> Change:
        """Return one metric of both models and the interval of the difference."""
        ones = np.ones((1, len(self.targets)), dtype=np.float32)
        low, high = np.percentile(self._resampled(metric), LEVEL)
        return Change(
            metric=metric.name,
            base=float(metric.function(ones, self.base, self.targets)[0]),
            tuned=float(metric.function(ones, self.tuned, self.targets)[0]),
            low=float(low),
            high=float(high),
            higher_is_better=metric.higher_is_better,
        )

    def changes(self) -> tuple[Change, ...]:
        """Return the change of every metric."""
        return tuple(self.change(metric) for metric in METRICS)

    def class_changes(self) -> tuple[ClassChange, ...]:
        """Return the change of each label that has a true item, in the labels' order."""
        ones = np.ones((1, len(self.targets)), dtype=np.float32)
        before = class_scores(ones, self.base, self.targets)
        after = class_scores(ones, self.tuned, self.targets)
        differences = np.concatenate(
            [
                class_scores(weights, self.tuned, self.targets).f1
                - class_scores(weights, self.base, self.targets).f1
                for weights in self.weights()
            ]
        )
        lows, highs = np.percentile(differences, LEVEL, axis=0)
        return tuple(
            ClassChange(
                label=label,
                count=int(self.targets.positive[:, index].sum()),
                base_precision=float(before.precision[0, index]),
                base_recall=float(before.recall[0, index]),
                tuned_precision=float(after.precision[0, index]),
                tuned_recall=float(after.recall[0, index]),
                f1=Change(
                    "F1",
                    float(before.f1[0, index]),
                    float(after.f1[0, index]),
                    float(lows[index]),
                    float(highs[index]),
                ),
            )
            for index, label in enumerate(self.targets.labels)
            if before.present[0, index]
        )

    def base_interval(self, metric: Metric) -> tuple[float, float]:
        """Return the 95% interval of the base's own value."""
        values = [metric.function(block, self.base, self.targets) for block in self.weights()]
        low, high = np.percentile(np.concatenate(values), LEVEL)
        return float(low), float(high)

    def standard_error(self, metric: Metric) -> float:
        """Return the bootstrap standard error of the difference."""
        return float(self._resampled(metric).std())

    def chance(self, metric: Metric) -> float:
        """Return how likely so large a difference is where the two models are the same.

        Two-sided, from swapping the models' answers item by item; between 0 and 1.
        """
        generator = np.random.default_rng(self.seed)
        ones = np.ones((1, len(self.targets)), dtype=np.float32)
        observed = abs(self._differences(metric, ones)[0])
        differences = np.array(
            [
                self._swapped_difference(metric, generator.random(len(self.targets)) < 0.5)
                for _ in range(RESAMPLES)
            ]
        )
        extreme = np.count_nonzero(np.abs(differences) >= observed - 1e-12)
        return float((extreme + 1) / (RESAMPLES + 1))

    def outcome(self, metric: Metric) -> Outcome:
        """Return what is proven: both guards must agree before it is better or worse."""
        return agreed(self.change(metric), self.chance(metric))

    def _resampled(self, metric: Metric) -> NDArray[np.float64]:
        return np.concatenate([self._differences(metric, block) for block in self.weights()])

    def _differences(self, metric: Metric, weights: Weights) -> NDArray[np.float64]:
        tuned = metric.function(weights, self.tuned, self.targets)
        return np.asarray(tuned - metric.function(weights, self.base, self.targets))

    def _swapped_difference(self, metric: Metric, swapped: NDArray[np.bool_]) -> float:
        ones = np.ones((1, len(self.targets)), dtype=np.float32)
        tuned = _mix(self.tuned, self.base, swapped)
        base = _mix(self.base, self.tuned, swapped)
        difference = metric.function(ones, tuned, self.targets) - metric.function(
            ones, base, self.targets
        )
        return float(difference[0])


def paired_change(
    name: str,
    before: Callable[[NDArray[np.int64]], float],
    after: Callable[[NDArray[np.int64]], float],
    items: int,
    *,
    seed: int = 0,
) -> Change:
    """Return the change of any metric between two models, with its paired 95% interval.

    For metrics that are no function of item weights; whole items are resampled, the same for both.

    Parameters
    ----------
    name
        Of the metric.
    before, after
        Each model's value on the items at these positions, of which some may come several times.
    items
        How many there are.
    seed
        Of the resamples.
    """
    everything = np.arange(items)
    generator = np.random.default_rng(seed)
    drawn = (generator.integers(0, items, items) for _ in range(RESAMPLES))
    differences = [after(rows) - before(rows) for rows in drawn]
    low, high = np.nanpercentile(differences, LEVEL)
    return Change(name, before(everything), after(everything), float(low), float(high))


def agreed(change: Change, chance: float) -> Outcome:
    """Return what an interval and a chance prove together."""
    return change.outcome if chance <= LARGEST_CHANCE else Outcome.NO_PROVEN_CHANGE


def _mix(mine: Predictions, other: Predictions, swapped: NDArray[np.bool_]) -> Predictions:
    return Predictions(
        given=np.where(swapped[:, None], other.given, mine.given),
        correct=np.where(swapped, other.correct, mine.correct),
        entries=mine.entries,
        loss=np.where(swapped, other.loss, mine.loss),
        neighbours_correct=np.where(swapped, other.neighbours_correct, mine.neighbours_correct),
    )
