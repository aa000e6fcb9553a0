"""A matrix that no tuner can learn from is refused in one short line that says what to do."""

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
        (["a text"] * 8, r"X holds texts.*turn texts into vectors first"),
        (np.arange(8.0), r"Expected 2D array, got 1D array instead. Reshape your data"),
        (np.full((8, 2), np.nan), r"X contains NaN in row 0, column 0 .*encode that row again"),
        (np.full((8, 2), np.inf), r"X contains infinity in row 0, column 0"),
        (np.zeros((7, 2)), r"inconsistent numbers of samples: \[7, 8\]"),
    ],
)
def test_what_is_no_matrix_of_vectors_is_refused(
    tuner: FeedForwardTuner | LinearTuner, vectors: ArrayLike, words: str
) -> None:
    """Texts, a single vector, gaps and a wrong length each have an error of their own."""
    with pytest.raises(ValueError, match=words) as caught:
        tuner.fit(vectors, LABELS)
    assert len(str(caught.value)) < 250
