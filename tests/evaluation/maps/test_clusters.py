"""Clusters found by k-means."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, silhouette_score

from tests.error_fields import about
from tunesmith.errors import UsageError
from tunesmith.evaluation.maps import clusters
from tunesmith.evaluation.maps.clusters import find_clusters


def _blobs(sizes: list[int], *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return well separated blobs of vectors, and the blob of each vector."""
    rng = np.random.default_rng(seed)
    blob = np.repeat(np.arange(len(sizes)), sizes)
    return 20 * np.eye(len(sizes), 8)[blob] + rng.normal(size=(len(blob), 8)), blob


@pytest.mark.parametrize("sizes", [[30, 40], [10, 50, 20, 30], [12] * 8])
def test_the_silhouette_finds_the_number_of_clusters(sizes: list[int]) -> None:
    """The largest cluster comes first."""
    vectors, blob = _blobs(sizes)
    found = find_clusters(vectors)
    assert len(found) == len(sizes)
    assert adjusted_rand_score(blob, found.numbers) == 1
    assert np.bincount(found.numbers).tolist() == sorted(sizes, reverse=True)
    assert found.silhouette == pytest.approx(silhouette_score(vectors, found.numbers))
    assert found.tried == 10


def test_many_vectors_use_a_sample_for_the_silhouette(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample gives the same number of clusters."""
    monkeypatch.setattr(clusters, "SAMPLED", 60)
    assert len(find_clusters(_blobs([100, 150, 90])[0])) == 3


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30), st.integers(1, 6), st.integers(0, 1000))
def test_the_number_given_is_the_number_found(rows: int, wanted: int, seed: int) -> None:
    """Each cluster has members, and its typical vector is the nearest to its mean."""
    vectors = np.random.default_rng(seed).normal(size=(rows, 3))
    found = find_clusters(vectors, min(wanted, rows), seed=seed)
    assert len(found) == min(wanted, rows)
    for group, typical in enumerate(found.typical):
        members = np.flatnonzero(found.numbers == group)
        distances = np.linalg.norm(vectors[members] - vectors[members].mean(axis=0), axis=1)
        assert distances[members.tolist().index(typical)] == pytest.approx(distances.min())
    assert np.array_equal(
        found.numbers, find_clusters(vectors, min(wanted, rows), seed=seed).numbers
    )


@pytest.mark.parametrize("distinct", [1, 2, 3])
def test_very_few_distinct_vectors(distinct: int) -> None:
    """Equal vectors are in one cluster."""
    vectors = np.eye(4)[np.arange(9) % distinct]
    found = find_clusters(vectors)
    assert 1 <= len(found) <= distinct
    for number in range(distinct):
        assert len(set(found.numbers[number::distinct].tolist())) == 1


def test_invalid_input_is_rejected() -> None:
    """Examples are too many or zero clusters, no vectors, and NaN."""
    with pytest.raises(UsageError, check=about(option="count")):
        find_clusters([[0.0], [1.0], [1.0]], 3)
    with pytest.raises(UsageError, check=about(option="count")):
        find_clusters([[0.0], [1.0]], 0)
    with pytest.raises(UsageError, match="no vectors"):
        find_clusters(np.zeros((0, 3)))
    with pytest.raises(UsageError, match="NaN"):
        find_clusters([[np.nan]])
