"""Invalid input of tuners is refused with a short message that says what to do."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from tunesmith.tuners import FeedForwardTuner, LinearTuner

TUNERS = [FeedForwardTuner(), LinearTuner()]
LABELS = [0, 1] * 4


@pytest.mark.parametrize("tuner", TUNERS, ids=lambda tuner: type(tuner).__name__)
@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        (["a text"] * 8, r"X contains text.*encode texts first"),
        (np.arange(8.0), r"Expected 2D array, got 1D array instead. Reshape your data"),
        (np.full((8, 2), np.nan), r"X contains NaN in row 0, column 0 .*encode that row again"),
        (np.full((8, 2), np.inf), r"X contains infinity in row 0, column 0"),
        (np.zeros((7, 2)), r"inconsistent numbers of samples: \[7, 8\]"),
    ],
)
def test_invalid_matrices_are_refused(
    tuner: FeedForwardTuner | LinearTuner, vectors: ArrayLike, words: str
) -> None:
    """Texts, a single vector, missing values and a wrong length each have their own error."""
    with pytest.raises(ValueError, match=words) as caught:
        tuner.fit(vectors, LABELS)
    assert len(str(caught.value)) < 250
