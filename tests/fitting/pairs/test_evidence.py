"""The evidence for a verdict on pairs is the similarity or rank of each pair in both models."""

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
    """Place texts on a circle; similarity falls with the distance between letters."""
    del prompt
    angles = np.array([PLACES[text] for text in texts])
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def turned(texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
    """Rotate queries only."""
    angles = np.array([PLACES[text] for text in texts]) + (prompt == "query")
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_scores_are_scaled_to_0_to_1() -> None:
    """Any scale is accepted; cosine similarities are given with them."""
    found = gather_pairs(
        SimilarityEvaluator(["a", "a", "a"], ["b", "c", "d"], np.array([5.0, 3.0, 1.0])), flat, flat
    )
    assert found.form == "scored"
    assert found.target.tolist() == [1, 0.5, 0]
    np.testing.assert_allclose(found.before, np.cos([0.4, 1.0, 1.5]), atol=1e-6)


def test_triplets_become_positive_and_negative_pairs() -> None:
    """Every negative gives a pair."""
    found = gather_pairs(TripletEvaluator(["a", "b"], ["b", "a"], [["c", "d"], ["d"]]), flat, flat)
    assert found.form == "labelled"
    assert list(zip(found.left, found.right, found.target, strict=True)) == [
        ("a", "b", 1),
        ("b", "a", 1),
        ("a", "c", 0),
        ("a", "d", 0),
        ("b", "d", 0),
    ]


def test_labels_are_unchanged() -> None:
    """They are 1 for positive pairs and 0 for negative ones."""
    found = gather_pairs(
        PairClassificationEvaluator(["a", "a"], ["b", "d"], np.array([True, False])), flat, flat
    )
    assert found.target.tolist() == [1, 0]


def test_cosines_are_at_most_1() -> None:
    """Rounding could otherwise give more for equal texts."""

    def random(texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
        del prompt
        vectors = [np.random.default_rng(int(text)).normal(size=384) for text in texts]
        return np.array(vectors, dtype=np.float32)

    texts = [str(number) for number in range(200)]
    found = gather_pairs(
        PairClassificationEvaluator(texts, texts, np.ones(200, dtype=bool)), random, random
    )
    assert found.before.max() <= 1


def test_retrieval_gives_the_rank_of_the_best_relevant_document() -> None:
    """It is given before and after; only queries may have moved."""
    evaluator = RetrievalEvaluator(["a"], ["b", "c", "d"], (np.array([1, 2]),), np.array([True]))
    found = gather_pairs(evaluator, flat, turned)
    assert (found.before.tolist(), found.after.tolist()) == ([2], [1])
    assert (found.left, found.right) == (("a",), ("c",))
    assert found.target.tolist() == [1]
