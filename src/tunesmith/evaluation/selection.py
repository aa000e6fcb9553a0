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

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.comparison import RESAMPLES, Comparison
from tunesmith.evaluation.item_scores import ItemScores, Values, Weights
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
        # The base is measured on all items and the difference on some, so the sum may exceed 1.
        highest = max(1.0, plain.tuned)
        return replace(plain, tuned=min(plain.base + estimate, highest))

    def _resampled(self, metric: str) -> Values:
        """Return differences as wide as the interval around the estimate, shape (resamples,)."""
        if self.tuned is self.base:
            return np.zeros(RESAMPLES)
        if metric not in self._differences:
            self._differences[metric] = self._corrected(metric)
        return self._differences[metric]

    @cached_property
    def _differences(self) -> dict[str, Values]:
        """What was computed for each metric."""
        return {}

    @cached_property
    def _choices(self) -> list[NDArray[np.intp]]:
        """The number of the best candidate in each resample, one array per block."""
        return [
            np.stack([each.values(self.metric, drawn) for each in self.candidates]).argmax(axis=0)
            for drawn in self.weights()
        ]

    def _corrected(self, metric: str) -> Values:
        blocks = [
            (self._gain(metric, drawn, best), self._gain(metric, _not_drawn(drawn), best))
            for drawn, best in zip(self.weights(), self._choices, strict=True)
        ]
        inside, outside = (np.concatenate([block[side] for block in blocks]) for side in (0, 1))
        spread = WIDENING * (inside - np.nanmean(inside))
        return np.asarray(np.nanmean(outside) + spread)

    def _gain(self, metric: str, weights: Weights, best: NDArray[np.intp]) -> Values:
        """Return the metric of the choice in each resample, less that of the base."""
        values = np.zeros(len(best))
        for number in np.unique(best):
            rows = best == number
            values[rows] = self.candidates[number].values(metric, weights[rows])
        return np.asarray(values - self.base.values(metric, weights))


def _not_drawn(weights: Weights) -> Weights:
    return np.asarray(weights == 0, dtype=np.float32)
