"""Compare two models on the same items: differences, confidence intervals and significance.

A model is called *better* only if two conditions hold. The 95% confidence interval of a paired
bootstrap (Efron 1979; percentile method, items resampled, the same resample for both models)
must exclude zero. A permutation test (the two models' scores swapped item by item; Noreen 1989)
must give p ≤ 0.05. The second matters when few items differ: a bootstrap alone would accept four
lucky answers as proof.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.item_scores import ItemScores, Values, Weights, value
from tunesmith.results.summary import Change, Outcome

RESAMPLES = 2_000
ROUGH_RESAMPLES = 200
LEVEL = (2.5, 97.5)
MOST_PERMUTATIONS = 10 * RESAMPLES
SIGNIFICANCE_LEVEL = 0.05
CAUTION = 1.5
"""Factor on the spread for the probability of a gain. Most candidates change little, so a small
gain is luck more often than resampling alone suggests; from simulations on real files."""
# Weights in memory at once: 4 million take 16 MB, and 32 MB while they are drawn.
BLOCK = 4_000_000


def resample_weights(items: int, *, seed: int, resamples: int = RESAMPLES) -> Iterator[Weights]:
    """Yield how often each item is drawn in each bootstrap resample, in blocks of resamples.

    Memory does not grow with the number of resamples.

    Parameters
    ----------
    items
        Number of items.
    seed
        Random seed; the same seed gives the same resamples.
    resamples
        Number of resamples.

    Yields
    ------
    ndarray
        float32, shape (resamples in the block, items).

    Examples
    --------
    >>> block = next(resample_weights(5, seed=0, resamples=3))
    >>> block.shape, block.sum(axis=1).tolist()
    ((3, 5), [5.0, 5.0, 5.0])
    """
    generator = np.random.default_rng(seed)
    size = max(1, BLOCK // items)
    for start in range(0, resamples, size):
        rows = min(size, resamples - start)
        drawn = generator.integers(0, items, (rows, items)) + np.arange(rows)[:, None] * items
        counts = np.bincount(drawn.ravel(), minlength=rows * items)
        yield counts.reshape(rows, items).astype(np.float32)


def own_standard_error(scores: ItemScores, metric: str, *, seed: int = 0) -> float:
    """Return the bootstrap standard error of one model's score, from a few hundred resamples.

    Examples
    --------
    >>> from tunesmith.evaluation import MeanScores
    >>> scores = MeanScores({"hits": np.repeat([0.0, 1.0], 50)})
    >>> round(own_standard_error(scores, "hits"), 2)
    0.05
    """
    blocks = resample_weights(len(scores), seed=seed, resamples=ROUGH_RESAMPLES)
    values = [scores.values(metric, block) for block in blocks]
    return float(np.nanstd(np.concatenate(values)))


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two models on the same items.

    Parameters
    ----------
    base, tuned
        Per-item scores of both models.
    seed
        Random seed for resampling.

    Examples
    --------
    >>> from tunesmith.evaluation import MeanScores
    >>> base, tuned = (MeanScores({"hits": np.full(9, hit)}) for hit in (0.0, 1.0))
    >>> Comparison(base, tuned).change("hits").difference
    1.0
    """

    base: ItemScores
    tuned: ItemScores
    seed: int = 0

    def weights(self) -> Iterator[Weights]:
        """Yield the resamples, the same for both models and every metric."""
        return resample_weights(len(self.base), seed=self.seed)

    def change(self, metric: str) -> Change:
        """Return a metric of both models and the 95% confidence interval of the difference."""
        low, high = np.nanpercentile(self._resampled(metric), LEVEL)
        return Change(
            metric=metric,
            base=value(self.base, metric),
            tuned=value(self.tuned, metric),
            low=float(low),
            high=float(high),
            higher_is_better=not self.base.less_is_better(metric),
        )

    def changes(self) -> tuple[Change, ...]:
        """Return the change of every metric."""
        return tuple(map(self.change, self.base.metrics))

    def base_interval(self, metric: str) -> tuple[float, float]:
        """Return the 95% confidence interval of the base's own score."""
        values = [self.base.values(metric, block) for block in self.weights()]
        low, high = np.nanpercentile(np.concatenate(values), LEVEL)
        return float(low), float(high)

    def standard_error(self, metric: str) -> float:
        """Return the bootstrap standard error of the difference."""
        return float(np.nanstd(self._resampled(metric)))

    def p_value(self, metric: str) -> float:
        """Return the two-sided p-value of the difference from a permutation test.

        The test swaps the two models' scores item by item. While the p-value is within three
        standard errors of 0.05, more permutations are drawn, up to ten times as many: which side it
        is on must not depend on the seed (Besag and Clifford 1991, doi:10.1093/biomet/78.2.301).
        """
        generator = np.random.default_rng(self.seed)
        observed = abs(value(self.tuned, metric) - value(self.base, metric)) - 1e-12
        extreme = drawn = 0
        while drawn < RESAMPLES or (drawn < MOST_PERMUTATIONS and _is_near(extreme, drawn)):
            for _ in range(RESAMPLES):
                rows = generator.random(len(self.base)) < 0.5
                extreme += abs(self._swapped_difference(metric, rows)) >= observed
            drawn += RESAMPLES
        return (extreme + 1) / (drawn + 1)

    def probability(self, metric: str) -> float:
        """Return the probability that the tuned model is better, 0 to 1.

        It is the share of resampled differences above zero after their spread is increased
        (:data:`CAUTION`).
        """
        gain = self._resampled(metric) * (-1 if self.base.less_is_better(metric) else 1)
        gain = gain[~np.isnan(gain)]
        gain = gain.mean() + CAUTION * (gain - gain.mean())
        return float(np.mean((gain > 0) + 0.5 * (gain == 0)))

    def outcome(self, metric: str) -> Outcome:
        """Return the proven outcome: better or worse only if interval and p-value agree."""
        return proven_outcome(self.change(metric), self.p_value(metric))

    def _resampled(self, metric: str) -> Values:
        return np.concatenate(
            [
                self.tuned.values(metric, block) - self.base.values(metric, block)
                for block in self.weights()
            ]
        )

    def _swapped_difference(self, metric: str, rows: NDArray[np.bool_]) -> float:
        tuned = self.tuned.swapped(self.base, rows)
        return value(tuned, metric) - value(self.base.swapped(self.tuned, rows), metric)


def _is_near(extreme: int, drawn: int) -> bool:
    """Return whether a share is within three standard errors of the significance level."""
    error = np.sqrt(SIGNIFICANCE_LEVEL * (1 - SIGNIFICANCE_LEVEL) / drawn)
    return bool(abs(extreme / drawn - SIGNIFICANCE_LEVEL) < 3 * error)


def proven_outcome(change: Change, p_value: float) -> Outcome:
    """Return the outcome proven by a confidence interval and a p-value together."""
    return change.outcome if p_value <= SIGNIFICANCE_LEVEL else Outcome.NO_PROVEN_CHANGE
