"""Rescale the scores of pairs from a common rating scale to the range 0 to 1."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.kinds import Examples, ScoredPairs


@dataclass(frozen=True)
class Scale:
    """A common rating scale and its conversion to the range 0 to 1."""

    low: float
    high: float
    conversion: str

    def to_1(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the scores rescaled to the range 0 to 1.

        Examples
        --------
        >>> Scale(1, 5, "").to_1(np.array([1.0, 3.0])).tolist()
        [0.0, 0.5]
        """
        return (scores - self.low) / (self.high - self.low)


_SCALES = (  # tried in this order
    Scale(1, 5, "subtract 1 and divide by 4"),
    Scale(0, 5, "divide by 5"),
    Scale(0, 10, "divide by 10"),
    Scale(0, 100, "divide by 100"),
    Scale(-1, 1, "add 1 and divide by 2"),
)


def scale_of(scores: NDArray[np.float64]) -> Scale | None:
    """Return the common scale that matches the scores, or ``None``.

    Parameters
    ----------
    scores
        Finite scores, shape (n,).

    Examples
    --------
    >>> scale_of(np.array([0.0, 2.6, 5.0])).conversion
    'divide by 5'
    """
    whole = bool((scores == np.round(scores)).all())
    for scale in _SCALES:
        inside = scores.min() >= scale.low and scores.max() <= scale.high
        fills = scores.max() >= scale.low + 0.8 * (scale.high - scale.low)
        # whole numbers from 1 are ratings from 1 to 5; otherwise, 0 just does not occur
        if inside and (fills or scale.low < 0) and (scale.low != 1 or whole):
            return scale
    return None


def usual_scale(examples: Examples) -> Scale | None:
    """Return the common scale of scored pairs, or ``None`` if they are already in 0 to 1."""
    if not isinstance(examples, ScoredPairs) or not len(examples):
        return None
    scores = np.asarray(examples.table["score"].to_pylist(), dtype=np.float64)
    if scores.min() >= 0 and scores.max() <= 1:
        return None
    return scale_of(scores)


def scaled_to_1(examples: Examples) -> Examples:
    """Return scored pairs with scores rescaled to 0 to 1, and other examples unchanged.

    Parameters
    ----------
    examples
        Checked examples without missing scores.

    Returns
    -------
    The examples, with scores from 0 to 1. Scores without a common scale are unchanged.

    Examples
    --------
    >>> table = {"text1": ["a", "b"], "text2": ["c", "d"], "score": [5.0, 1.0], "row": [1, 2]}
    >>> scaled_to_1(ScoredPairs(pa.table(table))).table["score"].to_pylist()
    [1.0, 0.0]
    """
    scale = usual_scale(examples)
    if scale is None:
        return examples
    table = examples.table
    scores = scale.to_1(np.asarray(table["score"].to_pylist(), dtype=np.float64))
    index = table.column_names.index("score")
    return type(examples)(table.set_column(index, "score", pa.array(scores)))
