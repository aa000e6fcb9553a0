"""2-D projections of vectors for maps: PCA, t-SNE and UMAP, reproducible by seed."""

from importlib.util import find_spec
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from tunesmith.errors import MissingExtra, UsageError
from tunesmith.threads import one_thread

Method = Literal["pca", "tsne", "umap"]
FEWEST_FOR_NEIGHBOURS = 5
ENOUGH_DIMENSIONS = 50
PERPLEXITY = 30.0
NEIGHBOURS = 15
APART = 0.5
"""UMAP's ``min_dist``: at its default of 0.1 the texts of a label merge into one blob."""


def project(vectors: ArrayLike, method: Method = "pca", seed: int = 0) -> NDArray[np.float32]:
    """Return 2-D coordinates for each vector.

    Parameters
    ----------
    vectors
        Vectors with finite values, shape (n, d); any n and d, including 0 and 1.
    method
        ``"pca"`` preserves distances as well as two dimensions can. ``"tsne"`` (van der Maaten and
        Hinton 2008) and ``"umap"`` (McInnes and others 2018; needs umap-learn) preserve
        neighbours, but distances between far groups mean little. Fewer than 5 vectors always use
        PCA.
    seed
        Random seed for t-SNE and UMAP; PCA is deterministic.

    Returns
    -------
    Coordinates, float32, shape (n, 2). The same input and seed give the same output: the largest
    coefficient of each PCA axis is positive, and everything runs on one thread, because with
    several threads the order of additions would change the result.

    Raises
    ------
    UsageError
        The method is unknown or not installed, the shape is not (n, d), or a value is NaN or
        infinite.

    Examples
    --------
    >>> project([[0.0, 0.0], [2.0, 0.0], [4.0, 0.0]])[:, 0].tolist()
    [-2.0, 0.0, 2.0]
    """
    check_method(method)
    points = finite(vectors)
    if len(points) < 2 or points.shape[1] == 0 or _all_equal(points):
        return np.zeros((len(points), 2), dtype=np.float32)
    spread = _wide(points - points.mean(axis=0))
    with one_thread():
        drawn = drawn_by(method, len(points))
        if drawn == "pca":
            return _principal(spread, 2).astype(np.float32)
        return _neighbourly(spread, seed) if drawn == "tsne" else _uniform(spread, seed)


def check_method(method: str) -> None:
    """Check that a method exists and its package is installed.

    Raises
    ------
    UsageError
        The method is unknown, or its package is not installed.

    Examples
    --------
    >>> check_method("pca")
    >>> check_method("som")
    Traceback (most recent call last):
    tunesmith.errors.UsageError: there is no projection 'som': use 'pca', 'tsne' or 'umap'
    """
    if method not in get_args(Method):
        raise UsageError(
            f"there is no projection {method!r}",
            hint="use 'pca', 'tsne' or 'umap'",
            option="method",
        )
    if method == "umap" and find_spec("umap") is None:
        raise MissingExtra(
            "umap-learn is not installed", hint="pip install 'tunesmith[maps]', or use pca or tsne"
        )


def drawn_by(method: Method, count: int) -> Method:
    """Return the method used for this number of vectors: PCA if there are too few for others.

    Examples
    --------
    >>> drawn_by("tsne", 4), drawn_by("tsne", 5)
    ('pca', 'tsne')
    """
    return method if count >= FEWEST_FOR_NEIGHBOURS else "pca"


def finite(vectors: ArrayLike) -> NDArray[np.float64]:
    """Return vectors as float64, shape (n, d).

    Raises
    ------
    UsageError
        The shape is not (n, d), or a value is NaN or infinite.
    """
    points = np.asarray(vectors, dtype=np.float64)
    if points.ndim != 2:
        raise UsageError(
            f"vectors must have the shape (n, d), not {points.shape}", option="vectors"
        )
    if not np.isfinite(points).all():
        row = int(np.flatnonzero(~np.isfinite(points).all(axis=1))[0])
        raise UsageError(f"vector {row} contains NaN or infinity", option="vectors")
    return points


def _all_equal(points: NDArray[np.float64]) -> bool:
    """Whether the vectors are equal up to rounding, for which t-SNE would return NaN."""
    return bool(np.ptp(points, axis=0).max() <= 1e-9 * np.abs(points).max())


def _wide(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pad one-dimensional vectors to two dimensions."""
    missing = max(0, 2 - points.shape[1])
    return np.pad(points, ((0, 0), (0, missing)))


def _principal(points: NDArray[np.float64], dimensions: int) -> NDArray[np.float64]:
    """Return the coordinates on the first principal axes, with fixed signs."""
    pca = PCA(n_components=dimensions, svd_solver="full").fit(points)
    largest = np.abs(pca.components_).argmax(axis=1)
    signs = np.sign(pca.components_[np.arange(dimensions), largest])
    return np.asarray(pca.transform(points) * np.where(signs == 0, 1, signs), dtype=np.float64)


def _neighbourly(points: NDArray[np.float64], seed: int) -> NDArray[np.float32]:
    """Return the t-SNE map, computed from the first 50 principal axes for speed."""
    axes = _reduced(points)
    perplexity = min(PERPLEXITY, (len(points) - 1) / 3)
    tsne = TSNE(perplexity=perplexity, init=_start(axes, 1e-4), random_state=seed)
    return np.asarray(tsne.fit_transform(axes), dtype=np.float32)


def _uniform(points: NDArray[np.float64], seed: int) -> NDArray[np.float32]:
    """Return the UMAP map, with the same axes and almost the same initialisation as t-SNE."""
    from umap import UMAP  # noqa: PLC0415 - an extra

    axes = _reduced(points)
    neighbours = min(NEIGHBOURS, len(points) - 1)
    # UMAP rescales each axis of its initialisation, and a constant axis would become NaN.
    noise = np.random.default_rng(seed).normal(scale=1e-4, size=(len(points), 2))
    start = _start(axes, 1.0) + noise.astype(np.float32)
    umap = UMAP(neighbours, min_dist=APART, init=start, random_state=seed, n_jobs=1)
    return np.asarray(umap.fit_transform(axes), dtype=np.float32)


def _reduced(points: NDArray[np.float64]) -> NDArray[np.float32]:
    dimensions = min(ENOUGH_DIMENSIONS, *points.shape)
    return _principal(points / np.abs(points).max(), dimensions).astype(np.float32)


def _start(axes: NDArray[np.float32], spread: float) -> NDArray[np.float32]:
    """Return the first two axes, scaled so that the first has the given standard deviation."""
    return np.asarray(axes[:, :2] / axes[:, 0].std() * spread, dtype=np.float32)
