"""2-D projections of vectors."""

import warnings
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.errors import UsageError
from tunesmith.evaluation.maps.projection import Method, check_method, project

needs_umap = pytest.mark.skipif(find_spec("umap") is None, reason="umap-learn is not installed")
METHODS = ["pca", "tsne", pytest.param("umap", marks=needs_umap)]
NEIGHBOURLY = METHODS[1:]
pytestmark = pytest.mark.usefixtures("uncompiled_umap")


def _clusters(rows: int, dimensions: int = 24) -> np.ndarray:
    rng = np.random.default_rng(3)
    centres = 6 * rng.normal(size=(3, dimensions))
    return centres[np.arange(rows) % 3] + rng.normal(size=(rows, dimensions))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rows", [0, 1, 2, 4, 5, 6, 17])
def test_any_number_of_vectors_is_projected(method: Method, rows: int) -> None:
    """Even very few vectors get finite float32 coordinates."""
    points = project(_clusters(rows), method, seed=0)
    assert points.shape == (rows, 2)
    assert points.dtype == np.float32
    assert np.isfinite(points).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_map(method: Method) -> None:
    """The same vectors and seed give bit-identical coordinates."""
    vectors = _clusters(7)
    assert np.array_equal(project(vectors, method, seed=7), project(vectors, method, seed=7))


@pytest.mark.parametrize("method", METHODS)
def test_equal_vectors_are_one_point(method: Method) -> None:
    """There is no division by a standard deviation of zero."""
    assert not project(np.full((12, 5), 0.3), method).any()


@pytest.mark.parametrize("method", NEIGHBOURLY)
@pytest.mark.parametrize(("scale", "repeats"), [(1e-30, 4), (1.0, 4), (1.0, 7), (1e30, 7)])
def test_repeated_vectors_are_projected(method: Method, scale: float, repeats: int) -> None:
    """Two distinct vectors with very small or very large values give finite coordinates."""
    vectors = scale * np.eye(4)[[0] * repeats + [1] * (8 - repeats)]
    assert np.isfinite(project(vectors, method)).all()


@pytest.mark.parametrize("method", METHODS)
def test_one_dimension_is_enough(method: Method) -> None:
    """Vectors with one dimension are projected too."""
    points = project(np.arange(8.0)[:, None], method)
    assert points.shape == (8, 2)
    assert np.isfinite(points).all()


@pytest.mark.parametrize("method", NEIGHBOURLY)
def test_neighbours_stay_neighbours(method: Method) -> None:
    """The nearest neighbour on the map is in the same cluster."""
    points = project(_clusters(24), method, seed=0).astype(np.float64)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (distances.argmin(axis=1) % 3 == np.arange(24) % 3).mean() > 0.95


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 20), st.integers(2, 8), st.integers(0, 10_000))
def test_pca_agrees_with_eigenvectors(rows: int, dimensions: int, seed: int) -> None:
    """The variance along the axes equals the largest eigenvalues of the scatter matrix."""
    vectors = np.random.default_rng(seed).normal(size=(rows, dimensions))
    centred = vectors - vectors.mean(axis=0)
    largest = np.linalg.eigvalsh(centred.T @ centred)[::-1][:2]
    spread = (project(vectors, "pca").astype(np.float64) ** 2).sum(axis=0)
    assert np.allclose(spread, largest, rtol=1e-4, atol=1e-5)


def test_invalid_input_is_rejected() -> None:
    """Each mistake has its own message."""
    with pytest.raises(UsageError, match="no projection 'mds': use 'pca', 'tsne' or 'umap'"):
        project([[1.0, 2.0]], "mds")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(UsageError, match="shape"):
        project([1.0, 2.0])
    with pytest.raises(UsageError, match="vector 1 contains NaN"):
        project([[0.0, 1.0], [np.nan, 1.0]])


def test_missing_umap_names_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error comes before any computation."""
    monkeypatch.setattr("tunesmith.evaluation.maps.projection.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pip install 'tunesmith\[maps\]'"):
        check_method("umap")


@needs_umap
def test_umap_depends_on_the_seed_and_gives_no_warnings() -> None:
    """Another seed gives another map."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=ImportWarning)
        one, other = (project(_clusters(7), "umap", seed=seed) for seed in (1, 2))
    assert not np.array_equal(one, other)
