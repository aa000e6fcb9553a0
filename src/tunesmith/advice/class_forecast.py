"""In which class more labels would help."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from tunesmith.evaluation.labels.label_scores import LabelScores

# Rows by which a class is drawn towards all others, and below which it says little of itself.
_SHRINKAGE: Final = 5
_LITTLE: Final = 0.01
_TINY: Final = 1e-12


class Outlook(StrEnum):
    """What more labels of a class are good for."""

    GAIN = "more labels help"
    NONE = "nothing expected"
    TOO_FEW = "too few rows to tell how much"


@dataclass(frozen=True)
class ClassForecast:
    """How well one label is told now, and with twice the rows.

    Parameters
    ----------
    label
        Its name.
    rows
        Rows that carry it, among those looked at.
    recall, f1
        As measured now.
    expected
        The F1 that should be measured with twice the rows of all classes.
    gain
        What of that the rows bring. A class of few rows that did badly will also do better by
        chance, and one that did well worse; that is in ``expected`` and not in ``gain``.
    """

    label: str
    rows: int
    recall: float
    f1: float
    expected: float
    gain: float

    @property
    def outlook(self) -> Outlook:
        """Whether more labels of it are worth their while."""
        if self.rows < _SHRINKAGE:
            return Outlook.TOO_FEW
        return Outlook.GAIN if self.gain >= _LITTLE else Outlook.NONE


def class_forecasts(
    draws: Sequence[LabelScores], left: float, now: float = 1.0
) -> tuple[ClassForecast, ...]:
    """Return the outlook of each label that occurs, those with most to gain first.

    A label gains as its error, and as one over the root of its rows: the fewer there are, the more
    each more is worth. All together gain what the whole gains. The error is first drawn towards
    that of all labels by five rows. Slopes of single labels are noise, and are left alone.

    Parameters
    ----------
    draws
        Answers to the same rows, the means of which count.
    left
        What is left of the error of the whole with twice the rows, 0 to 1.
    now
        What is left of it with all rows, where these are a sample of them.

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
    judged = (given + rows) / 2
    faults = judged - hits
    usual = faults.sum() / judged.sum()
    error = (faults + _SHRINKAGE * usual) / (judged + _SHRINKAGE)
    worth = error / np.sqrt(np.maximum(rows, 1))
    each = worth * usual * judged.sum() / max(float(judged @ worth), _TINY)
    gain, risen = (np.minimum(each * share, error) for share in (now - left, 1 - left))
    found = [
        ClassForecast(
            label,
            int(rows[place]),
            recall=float(hits[place] / rows[place]),
            f1=float(hits[place] / judged[place]),
            expected=float(1 - error[place] + risen[place]),
            gain=float(gain[place]),
        )
        for place, label in enumerate(targets.labels)
        if rows[place]
    ]
    return tuple(sorted(found, key=lambda each: (-each.gain, each.label)))
