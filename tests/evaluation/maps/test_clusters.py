"""Promises of the groups that k-means finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, silhouette_score

from tunesmith.errors import UsageError
from tunesmith.evaluation.maps import clusters
from tunesmith.evaluation.maps.clusters import find_clusters


def _heaps(sizes: list[int], *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return well separated heaps of vectors, and the heap of each."""
    rng = np.random.default_rng(seed)
    heap = np.repeat(np.arange(len(sizes)), sizes)
    return 20 * np.eye(len(sizes), 8)[heap] + rng.normal(size=(len(heap), 8)), heap


@pytest.mark.parametrize("sizes", [[30, 40], [10, 50, 20, 30], [12] * 8])
def test_as_many_groups_as_there_are_heaps(sizes: list[int]) -> None:
    """The silhouette chooses their number, and the largest comes first."""
    vectors, heap = _heaps(sizes)
    found = find_clusters(vectors)
    assert len(found) == len(sizes)
    assert adjusted_rand_score(heap, found.numbers) == 1
    assert np.bincount(found.numbers).tolist() == sorted(sizes, reverse=True)
    assert found.silhouette == pytest.approx(silhouette_score(vectors, found.numbers))
    assert found.tried == 10


def test_a_sample_decides_where_vectors_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """It finds what all would find."""
    monkeypatch.setattr(clusters, "SAMPLED", 60)
    assert len(find_clusters(_heaps([100, 150, 90])[0])) == 3


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30), st.integers(1, 6), st.integers(0, 1000))
def test_the_number_given_is_the_number_found(rows: int, wanted: int, seed: int) -> None:
    """Each group has a member, and its typical one is the nearest to its mean."""
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
def test_very_few_different_vectors(distinct: int) -> None:
    """Equal vectors are in one group."""
    vectors = np.eye(4)[np.arange(9) % distinct]
    found = find_clusters(vectors)
    assert 1 <= len(found) <= distinct
    for number in range(distinct):
        assert len(set(found.numbers[number::distinct].tolist())) == 1


def test_wrong_use_is_named() -> None:
    """More groups than different vectors, none at all, and no vectors."""
    with pytest.raises(UsageError, match="3 clusters of 2 different vectors"):
        find_clusters([[0.0], [1.0], [1.0]], 3)
    with pytest.raises(UsageError, match="from 1 to 2"):
        find_clusters([[0.0], [1.0]], 0)
    with pytest.raises(UsageError, match="no vectors"):
        find_clusters(np.zeros((0, 3)))
    with pytest.raises(UsageError, match="NaN"):
        find_clusters([[np.nan]])
