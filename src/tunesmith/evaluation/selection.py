"""Compare the best of several candidates with the base, on the scores that chose it.

Scores out of fold choose a candidate and measure it, so the chosen one looks better than it is.
The bootstrap therefore repeats the choice: in each resample, the candidate that is best on the
drawn items is compared with the base on the items that were not drawn (bias-corrected bootstrap;
Tsamardinos, Greasidou and Borboudakis, "Bootstrapping the out-of-sample predictions for efficient
and accurate cross-validation", Machine Learning 2018). The mean of these differences is the
estimate. The interval is as wide as the differences on the drawn items vary, and somewhat wider,
because models of different folds share training rows (Bates, Hastie and Tibshirani,
"Cross-validation: what does it estimate and how well does it do it?", JASA 2024).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.comparison import RESAMPLES, Comparison
from tunesmith.evaluation.item_scores import ItemScores, Values, value
from tunesmith.results.summary import Change

WIDENING = 1.15
"""How much wider the interval is than the differences on the drawn items, from simulations."""


@dataclass(frozen=True, eq=False)
class Selection(Comparison):
    """The base and the best of several candidates on the same items, the choice accounted for.

    Parameters
    ----------
    base, tuned
        Scores of the base and of the chosen candidate.
    seed
        Random seed of the resampling.
    candidates
        Scores of all candidates, the base first.
    metric
        The metric that chose.

    Examples
    --------
    >>> from tunesmith.evaluation.item_scores import MeanScores
    >>> hits = np.repeat((0.0, 1.0), 20)
    >>> base, tuned = (MeanScores({"hits": each}) for each in (hits, np.ones(40)))
    >>> round(Selection.among((base, tuned), 1, "hits", seed=0).change("hits").difference, 1)
    0.5
    """

    candidates: tuple[ItemScores, ...] = ()
    metric: str = ""

    @classmethod
    def among(
        cls, candidates: Sequence[ItemScores], chosen: int, metric: str, *, seed: int
    ) -> "Selection":
        """Return the comparison of candidate number ``chosen`` with the first, the base."""
        return cls(candidates[0], candidates[chosen], seed, tuple(candidates), metric)

    def change(self, metric: str) -> Change:
        """Return a metric of both models, that of the chosen one corrected for the choice."""
        plain = super().change(metric)
        if self.tuned is self.base:
            return plain
        estimate = float(np.nanmean(self._resampled(metric)))
        return replace(plain, tuned=plain.base + estimate)

    def p_value(self, metric: str) -> float:
        """Return the two-sided p-value of the difference from a permutation test of all candidates.

        The test swaps base and candidates item by item, and takes the largest difference of any
        candidate (Westfall and Young 1993).
        """
        generator = np.random.default_rng(self.seed)
        observed = abs(value(self.tuned, metric) - value(self.base, metric))
        pairs = [replace(self, tuned=each) for each in self.candidates[1:]]
        extreme = 0
        for _ in range(RESAMPLES if pairs else 0):
            rows = generator.random(len(self.base)) < 0.5
            largest = max(abs(pair._swapped_difference(metric, rows)) for pair in pairs)
            extreme += largest >= observed - 1e-12
        return (extreme + 1) / (RESAMPLES + 1) if pairs else 1.0

    def _resampled(self, metric: str) -> Values:
        """Return differences as wide as the interval around the estimate, shape (resamples,)."""
        if self.tuned is self.base:
            return np.zeros(RESAMPLES)
        blocks = list(self._choices(metric))
        drawn, left_out = (np.concatenate([block[side] for block in blocks]) for side in (0, 1))
        spread = WIDENING * (drawn - np.nanmean(drawn))
        return np.asarray(np.nanmean(left_out) + spread)

    def _choices(self, metric: str) -> Iterator[tuple[Values, Values]]:
        """Yield the differences of the choices on the drawn items, and on those not drawn."""
        for drawn in self.weights():
            best = self._values(self.metric, drawn).argmax(axis=0)
            left_out = (drawn == 0).astype(np.float32)
            yield tuple(self._gain(metric, weights, best) for weights in (drawn, left_out))  # type: ignore[misc]  # two of them

    def _gain(self, metric: str, weights: NDArray[np.float32], best: NDArray[np.intp]) -> Values:
        values = self._values(metric, weights)
        return np.asarray(values[best, np.arange(len(best))] - values[0])

    def _values(self, metric: str, weights: NDArray[np.float32]) -> Values:
        """Return the metric of each candidate in each resample, shape (candidates, resamples)."""
        return np.stack([candidate.values(metric, weights) for candidate in self.candidates])
