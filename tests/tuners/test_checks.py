"""Invalid input of tuners is refused with a short message that says what to do."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from sklearn.base import clone

from tunesmith.errors import DataError, UsageError
from tunesmith.tuners import DifferenceClassifier, FeedForwardTuner, LinearTuner

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


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("tuner", TUNERS, ids=lambda tuner: type(tuner).__name__)
@pytest.mark.parametrize(
    ("matrix", "words"),
    [(csr_array, r"pass X.toarray\(\)"), (np.matrix, r"pass np.asarray\(X\)")],
)
def test_matrices_are_refused(
    tuner: FeedForwardTuner | LinearTuner, matrix: Any, words: str
) -> None:
    """A sparse matrix and a ``np.matrix`` each have an error with the conversion."""
    vectors = np.arange(16.0).reshape(8, 2)
    with pytest.raises(UsageError, match=words):
        clone(tuner).fit(matrix(vectors), LABELS)
    with pytest.raises(UsageError, match=words):
        clone(tuner).fit(vectors, LABELS).transform(matrix(vectors))


@pytest.mark.parametrize(
    ("similar", "words"),
    [
        (pd.Series([1, 0, None, 1], dtype="Int64"), "row 2 .* is nan"),
        ([1, 0, None, 1], "row 2 .* is nan"),
        (["same", "other", "same", "other"], "cannot be read as numbers"),
    ],
)
def test_a_missing_similarity_is_refused(similar: Any, words: str) -> None:
    """It has an error with the row, whatever the container."""
    vectors = np.arange(8.0).reshape(4, 2)
    with pytest.raises(ValueError, match=words):
        LinearTuner().fit_pairs(vectors, vectors[::-1], similar)


def test_a_pair_without_label_is_refused() -> None:
    """A classifier of pairs learns no class from a missing label."""
    vectors = np.arange(8.0).reshape(4, 2)
    labels: Any = ["same", "other", "same", float("nan")]
    with pytest.raises(DataError, match="no label in row 3"):
        DifferenceClassifier().fit(vectors, vectors[::-1], labels)
