"""Silver pairs: their scores, and how they are balanced with gold pairs."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.recipes.silver import balanced, mean_of_both


def test_gold_and_silver_have_equal_weight() -> None:
    """Gold rows are repeated to about the number of silver rows, and at least once."""
    gold = pa.table({"row": [1, 2]})
    for size, repeats in ((0, 1), (1, 1), (4, 2), (9, 4)):
        silver = pa.table({"row": np.arange(10, 10 + size)})
        assert balanced(gold, silver)["row"].to_pylist().count(1) == repeats
        assert len(balanced(gold, silver)) == 2 * repeats + size


@settings(deadline=None)
@given(st.integers(0, 999), st.floats(-5, 5), st.floats(0.1, 9))
def test_silver_does_not_depend_on_the_scale_of_cosines(
    seed: int, shift: float, size: float
) -> None:
    """Cosines are rescaled to the teacher's mean and spread; order is kept, scores are 0 to 1."""
    random = np.random.default_rng(seed)
    scores, cosines = random.random(20, np.float32), random.random(20)
    silver = mean_of_both(scores, cosines)
    np.testing.assert_allclose(silver, mean_of_both(scores, size * cosines + shift), atol=1e-6)
    assert silver.min() >= 0
    assert silver.max() <= 1
    expected_order = np.sort(scores).astype(np.float64)
    assert (np.diff(mean_of_both(np.sort(scores), expected_order)) >= 0).all()
