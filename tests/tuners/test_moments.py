"""Moments of groups, accumulated in batches."""

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


def test_moments_equal_those_of_scikit_learn() -> None:
    """Means and within- and between-group covariances equal scikit-learn's, even far from zero."""
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
def test_batching_does_not_matter(cuts: list[int]) -> None:
    """Moments and sample do not depend on how rows are split into batches."""
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
    """It consists of every k-th row."""
    vectors, labels = _data(7000)
    parts = _gathered(vectors, labels, cuts).sample
    assert parts is not None
    assert moments.SAMPLE / 2 < len(parts.vectors) <= moments.SAMPLE
    np.testing.assert_array_equal(parts.vectors, vectors[:: parts.step].astype(np.float32))
    groups = labels.memberships()[:: parts.step]
    np.testing.assert_array_equal(parts.groups.toarray(), groups.toarray())


def test_new_groups_are_added() -> None:
    """Groups that appear late are treated as if known from the start."""
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
