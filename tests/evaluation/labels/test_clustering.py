"""V-measure of weighted items equals scikit-learn's on items repeated by their weight."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import v_measure_score

from tunesmith.errors import DataError
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.item_scores import value
from tunesmith.evaluation.labels.clustering import (
    STARTS,
    V_MEASURE,
    ClusterScores,
    evaluate_clusters,
)

ITEMS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=30
)


def blobs(spread: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = np.arange(120) % 4
    return (np.eye(4)[labels] + spread * generator.normal(size=(120, 4))).astype(np.float32), labels


@settings(max_examples=80, deadline=None)
@given(ITEMS)
def test_it_equals_scikit_learn(items: list[tuple[int, int, int]]) -> None:
    """The data include items of weight 0, and a single cluster or label."""
    clusters, labels, weights = (np.array(column) for column in zip(*items, strict=True))
    rows = np.repeat(np.arange(len(labels)), weights)
    if not len(rows):
        return
    found = ClusterScores(clusters[None], labels).values(
        V_MEASURE, weights[None].astype(np.float32)
    )
    assert found[0] == pytest.approx(v_measure_score(labels[rows], clusters[rows]), abs=1e-7)


def test_v_measure_is_the_mean_over_clusterings() -> None:
    """A perfect and an uninformative clustering give 0.5."""
    labels = np.array([0, 0, 1, 1])
    scores = ClusterScores(np.array([[1, 1, 0, 0], [0, 1, 0, 1]]), labels)
    assert value(scores, V_MEASURE) == pytest.approx(0.5)


def test_clear_clusters_are_found_reproducibly() -> None:
    """The same seed gives the same clusters, for any label numbers."""
    vectors, labels = blobs(0.05)
    found = evaluate_clusters(vectors, labels * 7, seed=3)
    assert found.clusters.shape == (STARTS, 120)
    assert value(found, V_MEASURE) > 0.9
    assert np.array_equal(found.clusters, evaluate_clusters(vectors, labels, seed=3).clusters)


def test_the_interval_is_paired() -> None:
    """A clustering compared with itself has not changed; a clearer one is proven better."""
    (noisy, labels), (clear, _) = blobs(0.6), blobs(0.1)
    base, tuned = (
        ClusterScores(evaluate_clusters(vectors, labels).clusters[:3], labels)
        for vectors in (noisy, clear)
    )
    same = Comparison(base, base)
    assert (same.change(V_MEASURE).low, same.change(V_MEASURE).high) == (0, 0)
    assert Comparison(base, tuned).outcome(V_MEASURE) == "better"


def test_cluster_numbers_do_not_matter_for_swapping() -> None:
    """Renumbered clusters give the same mixture."""
    vectors, labels = blobs(0.3)
    one = evaluate_clusters(vectors, labels)
    other = ClusterScores((one.clusters + 1) % 4, one.labels)
    rows = np.random.default_rng(0).random(len(labels)) < 0.5
    assert np.array_equal(one.swapped(other, rows).clusters, one.clusters)


def test_a_single_label_is_rejected() -> None:
    """Clusters have nothing to agree with."""
    with pytest.raises(DataError, match="the same label"):
        evaluate_clusters(np.ones((3, 2), dtype=np.float32), np.zeros(3, dtype=np.int64))
