"""Texts like several texts: near to them, and away from those that were rejected."""

import numpy as np
import pytest

from tunesmith.errors import UsageError
from tunesmith.labelling import like_these


def unit(*angles: float) -> np.ndarray:
    turns = np.radians(angles)
    return np.stack([np.cos(turns), np.sin(turns)], axis=1).astype(np.float32)


def test_the_nearest_come_first_without_the_given_ones() -> None:
    found = like_these(unit(0, 20, 10, 90, 180), [0])
    assert found.indices.tolist() == [[2, 1, 3, 4]]
    assert found.scores[0].tolist() == sorted(found.scores[0].tolist(), reverse=True)


def test_several_texts_and_rejected_ones() -> None:
    """What lies towards a rejected text comes later than what lies away from it."""
    vectors = unit(0, 10, 40, -35, 45)
    assert like_these(vectors, [0, 1]).indices[0, 0] == 2
    assert like_these(vectors, [0, 1], rejected=[4]).indices[0, 0] == 3


def test_at_most_k() -> None:
    assert like_these(unit(0, 1, 2, 3), [0], k=2).indices.shape == (1, 2)


def test_without_positives() -> None:
    with pytest.raises(UsageError, match="no text"):
        like_these(unit(0, 1), [])
