"""Predicted labels against true labels, overall and per label."""

from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.comparison import LEVEL, resample_weights
from tunesmith.evaluation.item_scores import Values, Weights
from tunesmith.evaluation.labels.metrics import COSTS, METRICS, class_scores
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.results.summary import Change, ClassChange


@dataclass(frozen=True, eq=False)
class LabelScores:
    """One model's predictions on n texts: :class:`~tunesmith.evaluation.ItemScores`.

    Parameters
    ----------
    predictions
        Predictions of the model.
    targets
        True labels.
    """

    predictions: Predictions
    targets: Targets

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics."""
        return tuple(METRICS)

    def __len__(self) -> int:
        return len(self.targets)

    def less_is_better(self, metric: str) -> bool:
        """Whether lower values of a metric are better, as for log loss."""
        return metric in COSTS

    def values(self, metric: str, weights: Weights) -> Values:
        """Return the metric for each row of weights."""
        return METRICS[metric](weights, self.predictions, self.targets)

    def take(self, rows: NDArray[np.int64]) -> "LabelScores":
        """Return the scores of some texts."""
        return LabelScores(self.predictions.take(rows), self.targets.take(rows))

    def swapped(self, other: Self, rows: NDArray[np.bool_]) -> Self:
        """Return these predictions with another model's in some rows."""
        return type(self)(self.predictions.swapped(other.predictions, rows), self.targets)


def class_changes(
    base: LabelScores, tuned: LabelScores, *, seed: int = 0
) -> tuple[ClassChange, ...]:
    """Return the change of each label that occurs in the test set, in the order of the labels."""
    ones, targets = np.ones((1, len(base)), dtype=np.float32), base.targets
    before, after = (
        partial(class_scores, predictions=model.predictions, targets=targets)
        for model in (base, tuned)
    )
    differences = np.concatenate(
        [after(block).f1 - before(block).f1 for block in resample_weights(len(base), seed=seed)]
    )
    lows, highs = np.percentile(differences, LEVEL, axis=0)
    old, new = before(ones), after(ones)
    return tuple(
        ClassChange(
            label=label,
            count=int(targets.positive[:, index].sum()),
            base_precision=float(old.precision[0, index]),
            base_recall=float(old.recall[0, index]),
            tuned_precision=float(new.precision[0, index]),
            tuned_recall=float(new.recall[0, index]),
            f1=Change(
                "F1",
                float(old.f1[0, index]),
                float(new.f1[0, index]),
                float(lows[index]),
                float(highs[index]),
            ),
        )
        for index, label in enumerate(targets.labels)
        if old.present[0, index]
    )
