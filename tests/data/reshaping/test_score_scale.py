"""Scores on common scales are rescaled to 0 to 1; other scores are left for the check to reject."""

import numpy as np
import pyarrow as pa
import pytest

from tunesmith.data.reshaping.score_scale import scaled_to_1, usual_scale
from tunesmith.kinds import Examples, Pairs, ScoredPairs


def scored(scores: list[float]) -> ScoredPairs:
    rows = len(scores)
    columns = {"text1": ["a"] * rows, "text2": ["b"] * rows, "score": scores}
    return ScoredPairs(pa.table({**columns, "row": range(1, rows + 1)}))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([0.0, 2.5, 5.0], [0, 0.5, 1]),
        ([1.0, 3.0, 5.0], [0, 0.5, 1]),
        ([0.0, 40.0, 100.0], [0, 0.4, 1]),
        ([-1.0, 0.0, 1.0], [0, 0.5, 1]),
    ],
)
def test_common_scales_are_rescaled(given: list[float], expected: list[float]) -> None:
    """Order and row numbers are unchanged."""
    table = scaled_to_1(scored(given)).table
    np.testing.assert_allclose(table["score"].to_pylist(), expected)
    assert table["row"].to_pylist() == [1, 2, 3][: len(given)]


@pytest.mark.parametrize("scores", [[0.0, 0.4, 1.0], [3.0, 17.0, 2000.0]])
def test_other_scores_are_unchanged(scores: list[float]) -> None:
    """The same object is returned for scores in 0 to 1 and for unknown scales."""
    examples = scored(scores)
    assert scaled_to_1(examples) is examples


def test_only_scored_pairs_have_a_scale() -> None:
    """Other kinds are returned unchanged."""
    examples: Examples = Pairs(pa.table({"anchor": ["a"], "positive": ["b"], "row": [1]}))
    assert usual_scale(examples) is None
    assert scaled_to_1(examples) is examples
