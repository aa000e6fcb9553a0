"""Silver pairs: their scores, and how they are balanced with gold pairs."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def balanced(gold: pa.Table, silver: pa.Table) -> pa.Table:
    """Return silver rows, and gold rows repeated to about the same number, at least once.

    Examples
    --------
    >>> gold, silver = (pa.table({"row": range(size)}) for size in (10, 38))
    >>> len(balanced(gold, silver))
    78
    """
    repeats = max(1, round(len(silver) / len(gold)))
    return pa.concat_tables([gold] * repeats + [silver])


def mean_of_both(
    teacher_scores: NDArray[np.floating], cosines: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the mean of teacher scores and cosines rescaled to their mean and spread, 0 to 1.

    Examples
    --------
    >>> mean_of_both(np.array([0.2, 0.8]), np.array([0.5, 0.7])).round(2).tolist()
    [0.2, 0.8]
    """
    scores = teacher_scores.astype(np.float64)
    spread = max(float(cosines.std()), 1e-9)
    rescaled = (cosines - cosines.mean()) / spread * scores.std() + scores.mean()
    mean: NDArray[np.float64] = np.clip((scores + rescaled) / 2, 0.0, 1.0)
    return mean
