"""Moments of groups, gathered in parts."""

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from tunesmith.tuners import moments
from tunesmith.tuners.moments import GroupMoments
from tunesmith.tuners.targets import KnownLabels


def _data(rows: int, seed: int = 0) -> tuple[Any, KnownLabels]:
    rng = np.random.default_rng(seed)
    labels = np.concatenate([[0, 1, 2], rng.integers(3, size=rows - 3)])
    vectors = rng.normal(size=(rows, 4)) + 1000 + labels[:, None]
    return vectors, KnownLabels.of(labels)


def _gathered(vectors: Any, labels: KnownLabels, cuts: list[int]) -> GroupMoments:
    bounds = sorted({0, len(vectors), *cuts})
    found = GroupMoments.begin(vectors, labels.families)
    for start, end in pairwise(bounds):
        found.add(vectors[start:end], labels.take(np.arange(start, end)).memberships())
    return found


def test_they_are_what_their_names_say() -> None:
    """Means, covariance within and covariance between, far from zero, as scikit-learn has them."""
    vectors, labels = _data(300)
    found = _gathered(vectors, labels, [])
    analysis = LinearDiscriminantAnalysis(solver="eigen", store_covariance=True)
    analysis.fit(vectors, labels.values)
    np.testing.assert_allclose(found.means + found.shift, analysis.means_)
    np.testing.assert_allclose(found.within, analysis.covariance_, atol=1e-9)
    total = np.cov(vectors, rowvar=False, bias=True)
    np.testing.assert_allclose(found.within + found.between, total, atol=1e-9)


@settings(deadline=None, max_examples=40)
@given(cuts=st.lists(st.integers(1, 299), max_size=12))
def test_any_cut_gives_the_same(cuts: list[int]) -> None:
    """However the rows are cut into parts, moments and sample are the same."""
    vectors, labels = _data(300)
    whole, parts = _gathered(vectors, labels, []), _gathered(vectors, labels, cuts)
    np.testing.assert_allclose(parts.within, whole.within, atol=1e-8)
    np.testing.assert_allclose(parts.between, whole.between, atol=1e-8)
    assert whole.sample is not None
    assert parts.sample is not None
    np.testing.assert_array_equal(parts.sample.vectors, whole.sample.vectors)


@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(1, 6999), max_size=6))
def test_the_sample_stays_small_and_does_not_depend_on_the_cut(cuts: list[int]) -> None:
    """It is every k-th row, evenly over all of them."""
    vectors, labels = _data(7000)
    parts = _gathered(vectors, labels, cuts).sample
    assert parts is not None
    assert moments.SAMPLE / 2 < len(parts.vectors) <= moments.SAMPLE
    np.testing.assert_array_equal(parts.vectors, vectors[:: parts.step].astype(np.float32))
    groups = labels.memberships()[:: parts.step]
    np.testing.assert_array_equal(parts.groups.toarray(), groups.toarray())


def test_new_groups_find_a_place() -> None:
    """Groups that come late are as if they had been known from the start."""
    vectors, labels = _data(60)
    early = np.flatnonzero(labels.values != 1)
    late = np.flatnonzero(labels.values == 1)
    known = KnownLabels.of(labels.values[early])
    found = GroupMoments.begin(vectors, known.families)
    found.add(vectors[early], known.memberships())
    found.regroup(np.array([0, 2]), labels.families)
    found.add(vectors[late], labels.take(late).memberships())
    whole = _gathered(vectors, labels, [])
    np.testing.assert_allclose(found.within, whole.within, atol=1e-8)
    np.testing.assert_allclose(found.means, whole.means, atol=1e-8)
