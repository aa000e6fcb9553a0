"""Forecast of the gain from more labels, per class."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from tunesmith.evaluation.labels.label_scores import LabelScores

# Pseudo-rows with the overall error rate added to each class; smaller classes are unreliable.
_SHRINKAGE: Final = 5
_LITTLE: Final = 0.01
_TINY: Final = 1e-12


class Outlook(StrEnum):
    """Expected effect of more labels for a class.

    Examples
    --------
    >>> [str(outlook) for outlook in Outlook]
    ['more labels help', 'nothing expected', 'too few rows to tell how much']
    """

    GAIN = "more labels help"
    NONE = "nothing expected"
    TOO_FEW = "too few rows to tell how much"


@dataclass(frozen=True)
class ClassForecast:
    """Current scores of one label, and the forecast for twice the rows.

    Parameters
    ----------
    label
        Name of the label.
    rows
        Rows with this label in the sample.
    recall, f1
        Measured recall and F1.
    expected
        Expected F1 with twice the rows of all classes.
    gain
        Part of the expected change that is due to more rows. The rest is regression to the mean: a
        small class with an extreme score is likely to be less extreme next time.

    Examples
    --------
    >>> refund = ClassForecast("refund", rows=40, recall=0.8, f1=0.82, expected=0.86, gain=0.03)
    >>> refund.outlook
    <Outlook.GAIN: 'more labels help'>
    """

    label: str
    rows: int
    recall: float
    f1: float
    expected: float
    gain: float

    @property
    def outlook(self) -> Outlook:
        """Expected effect of more labels for this class."""
        if self.rows < _SHRINKAGE:
            return Outlook.TOO_FEW
        return Outlook.GAIN if self.gain >= _LITTLE else Outlook.NONE


def class_forecasts(
    draws: Sequence[LabelScores], left: float, now: float = 1.0
) -> tuple[ClassForecast, ...]:
    """Return the forecast of each label that occurs, largest gain first.

    Expected gain is proportional to error / sqrt(n), scaled so the classes sum to the overall
    gain. The error is first shrunk towards the overall error by five pseudo-rows. Learning curves
    of single labels are too noisy to be used.

    Parameters
    ----------
    draws
        Predictions for the same rows in repeated draws, which are averaged.
    left
        Share of the overall error that remains with twice the rows, 0 to 1.
    now
        Share of the overall error that remains with all rows, if ``draws`` cover only a sample.

    Examples
    --------
    >>> from tunesmith.evaluation import Targets
    >>> from tunesmith.evaluation.labels.predictions import Predictions
    >>> targets = Targets(np.eye(2, dtype=np.float32).repeat(10, axis=0), ("a", "b"), False)
    >>> given = targets.positive.copy()
    >>> given[:4] = ~given[:4]
    >>> scores = LabelScores(Predictions.of_labels(given, targets), targets)
    >>> [(each.label, each.recall, round(each.gain, 2)) for each in class_forecasts([scores], 0.5)]
    [('a', 0.6, 0.12), ('b', 1.0, 0.09)]
    """
    targets = draws[0].targets
    given = np.mean([each.predictions.given & targets.known for each in draws], axis=0).sum(axis=0)
    hits = np.mean([each.predictions.given & targets.positive for each in draws], axis=0).sum(0)
    rows = targets.positive.sum(axis=0)
    support = (given + rows) / 2  # F1 is hits over the mean of predicted and true rows
    misses = support - hits
    overall = misses.sum() / support.sum()
    error = (misses + _SHRINKAGE * overall) / (support + _SHRINKAGE)
    weight = error / np.sqrt(np.maximum(rows, 1))
    scaled = weight * overall * support.sum() / max(float(support @ weight), _TINY)
    gain, improvement = (np.minimum(scaled * share, error) for share in (now - left, 1 - left))
    found = [
        ClassForecast(
            label,
            int(rows[index]),
            recall=float(hits[index] / rows[index]),
            f1=float(hits[index] / support[index]),
            expected=float(1 - error[index] + improvement[index]),
            gain=float(gain[index]),
        )
        for index, label in enumerate(targets.labels)
        if rows[index]
    ]
    return tuple(sorted(found, key=lambda each: (-each.gain, each.label)))
