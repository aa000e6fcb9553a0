"""What stands behind a verdict on pairs is what the models say of each pair."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.pairs.evaluators import (
    PairClassificationEvaluator,
    RetrievalEvaluator,
    SimilarityEvaluator,
    TripletEvaluator,
)
from tunesmith.fitting.pairs.evidence import gather_pairs

PLACES = {"a": 0.0, "b": 0.4, "c": 1.0, "d": 1.5}


def flat(texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
    """Place texts on a circle; the farther apart the letters, the less alike."""
    del prompt
    angles = np.array([PLACES[text] for text in texts])
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def turned(texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
    """Move queries only, by one."""
    angles = np.array([PLACES[text] for text in texts]) + (prompt == "query")
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_scores_are_told_from_0_to_1() -> None:
    """Whatever their scale; cosines stand beside them."""
    found = gather_pairs(
        SimilarityEvaluator(["a", "a", "a"], ["b", "c", "d"], np.array([5.0, 3.0, 1.0])), flat, flat
    )
    assert found.form == "scored"
    assert found.said.tolist() == [1, 0.5, 0]
    np.testing.assert_allclose(found.before, np.cos([0.4, 1.0, 1.5]), atol=1e-6)


def test_triplets_are_pairs_that_belong_together_and_pairs_that_do_not() -> None:
    """Every negative is one."""
    found = gather_pairs(TripletEvaluator(["a", "b"], ["b", "a"], [["c", "d"], ["d"]]), flat, flat)
    assert found.form == "judged"
    assert list(zip(found.left, found.right, found.said, strict=True)) == [
        ("a", "b", 1),
        ("b", "a", 1),
        ("a", "c", 0),
        ("a", "d", 0),
        ("b", "d", 0),
    ]


def test_judgements_stay_what_they_are() -> None:
    """1 for pairs that belong together."""
    found = gather_pairs(
        PairClassificationEvaluator(["a", "a"], ["b", "d"], np.array([True, False])), flat, flat
    )
    assert found.said.tolist() == [1, 0]


def test_cosines_stay_within_1() -> None:
    """Where rounding would take that of equal texts beyond it."""

    def many(texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
        del prompt
        vectors = [np.random.default_rng(int(text)).normal(size=384) for text in texts]
        return np.array(vectors, dtype=np.float32)

    texts = [str(number) for number in range(200)]
    found = gather_pairs(
        PairClassificationEvaluator(texts, texts, np.ones(200, dtype=bool)), many, many
    )
    assert found.before.max() <= 1


def test_a_search_tells_the_place_of_its_best_answer() -> None:
    """Before and after; queries may have moved while documents have not."""
    evaluator = RetrievalEvaluator(["a"], ["b", "c", "d"], (np.array([1, 2]),), np.array([True]))
    found = gather_pairs(evaluator, flat, turned)
    assert (found.before.tolist(), found.after.tolist()) == ([2], [1])
    assert (found.left, found.right) == (("a",), ("c",))
    assert found.said.tolist() == [1]
