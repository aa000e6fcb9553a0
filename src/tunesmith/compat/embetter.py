"""The API of embetter, with its names and arguments: only the import changes.

======================================================  ==========================================
in embetter                                             here
======================================================  ==========================================
``embetter.finetune``: ``FeedForwardTuner``,            the same names
``ContrastiveTuner``, ``ContrastiveLearner``,
``SbertLearner``
``embetter.model.DifferenceClassifier``                 the same name
``embetter.text.SentenceEncoder``                       the same name
``embetter.utils``: ``cached``, ``calc_distances``,     the same names
``batched``
======================================================  ==========================================

Intended differences: vectors are normalised; ``partial_fit`` makes one pass per call; networks stop
before ``epochs`` if the loss no longer falls; all given parameters are used.

As in embetter, ``np.matrix`` and sparse matrices are taken, and classes with one example.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Self, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.metrics import pairwise_distances

from tunesmith.encoders.cached_encoder import CachedEncoder
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.tuners.contrastive import ContrastiveTuner as _ContrastiveTuner
from tunesmith.tuners.contrastive_learner import ContrastiveLearner as _ContrastiveLearner
from tunesmith.tuners.difference import DifferenceClassifier as _DifferenceClassifier
from tunesmith.tuners.feed_forward import FeedForwardTuner as _FeedForwardTuner
from tunesmith.tuners.gradient import GradientTuner
from tunesmith.tuners.sbert_learner import SbertLearner
from tunesmith.tuners.targets import label_array

__all__ = [
    "ContrastiveLearner",
    "ContrastiveTuner",
    "DifferenceClassifier",
    "FeedForwardTuner",
    "SbertLearner",
    "SentenceEncoder",
    "batched",
    "cached",
    "calc_distances",
]


T = TypeVar("T")


class _AnyMatrix(GradientTuner):
    """Takes ``np.matrix`` and sparse matrices, too."""

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        return super().fit(_dense(X), y)

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        return super().partial_fit(_dense(X), y, classes)

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        return super().transform(_dense(X))


class FeedForwardTuner(_AnyMatrix, _FeedForwardTuner):
    """:class:`tunesmith.tuners.FeedForwardTuner` that takes matrices of any kind.

    If no two rows share a label, there is a warning.
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on vectors X, shape (n, d), and labels y, shape (n,) or (n, labels)."""
        if _all_differ(y):
            _warn("no two rows of y share a label, so a class is a single vector: add rows")
        return super().fit(X, y)

    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """Return the probability of each class, shape (n, classes)."""
        return super().predict_proba(_dense(X))


class ContrastiveTuner(_AnyMatrix, _ContrastiveTuner):
    """:class:`tunesmith.tuners.ContrastiveTuner` that takes matrices of any kind.

    If no two rows share a label, each row is its own positive, with a warning.
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on vectors X, shape (n, d), and labels y, shape (n,) or (n, labels)."""
        vectors, labels = np.asarray(_dense(X)), np.asarray(y)
        if _all_differ(y) and len(labels) == len(vectors):
            _warn("no two rows of y share a label, so each row is its own positive: add rows")
            return super().fit(np.concatenate([vectors, vectors]), np.concatenate([labels, labels]))
        return super().fit(X, y)


class ContrastiveLearner(_ContrastiveLearner):
    """:class:`tunesmith.tuners.ContrastiveLearner` that takes matrices of any kind."""

    def fit(self, X1: ArrayLike, X2: ArrayLike, y: ArrayLike) -> Self:
        """Train on pairs of vectors, shapes (n, d), and their labels, shape (n,)."""
        return super().fit(_dense(X1), _dense(X2), y)

    def partial_fit(self, X1: ArrayLike, X2: ArrayLike, y: ArrayLike) -> Self:
        """Continue from the current weights with one pass over these pairs."""
        return super().partial_fit(_dense(X1), _dense(X2), y)

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return unit vectors, float32, shape (n, shape_out)."""
        return super().transform(_dense(X))

    def transform_second(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return unit vectors for the second side, float32, shape (n, shape_out)."""
        return super().transform_second(_dense(X))


class DifferenceClassifier(_DifferenceClassifier):
    """:class:`tunesmith.tuners.DifferenceClassifier` with embetter's argument names.

    Parameters
    ----------
    enc
        Any object with ``transform``.
    clf_head
        Any scikit-learn classifier; by default logistic regression with balanced class weights.
        After ``fit`` the fitted classifier is ``classifier_``.
    """

    def __init__(self, enc: Any, clf_head: Any = None) -> None:
        self.enc = enc
        self.clf_head = clf_head

    @property
    def encoder(self) -> Any:
        """``enc``."""
        return self.enc

    @property
    def classifier(self) -> Any:
        """``clf_head``."""
        return self.clf_head

    def _vectors(self, X: Any) -> NDArray[Any]:
        return np.asarray(_dense(self.enc.transform(X)))


def _all_differ(y: ArrayLike) -> bool:
    """Return whether there are several rows, and each has a label of its own."""
    if y is None:
        return False
    labels = label_array(y)
    return labels.ndim == 1 and len(np.unique(labels)) == len(labels) > 1


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=3)


def batched(iterable: Iterable[T], n: int = 64) -> Iterator[tuple[T, ...]]:
    """Yield tuples of n items, the last one perhaps shorter.

    Raises
    ------
    ValueError
        ``n`` is less than 1.

    Examples
    --------
    >>> list(batched("ABCDE", n=2))
    [('A', 'B'), ('C', 'D'), ('E',)]
    """
    if n < 1:
        raise ValueError(f"n is {n}: choose 1 or more")
    items = iter(iterable)
    while batch := tuple(islice(items, n)):
        yield batch


def cached(name: str, pipeline: Any) -> CachedEncoder:
    """Return an encoder that calls ``pipeline`` only for new texts.

    Vectors are stored in Tunesmith's cache under this name, not in a folder of that name.

    Examples
    --------
    >>> encoder = cached("sentence-enc", SentenceEncoder())
    >>> encoder.transform(["my card"]).shape
    (1, 384)
    """
    return CachedEncoder(pipeline, name)


def calc_distances(
    inputs: Any,
    anchors: Any,
    pipeline: Any,
    anchor_pipeline: Any = None,
    metric: str = "cosine",
    aggregate: Callable[..., Any] = np.max,
    n_jobs: int | None = None,
) -> NDArray[Any]:
    """Return the distance of each input to a set of anchors, shape (n,).

    :func:`tunesmith.rank_by_closeness` is preferred; by default it uses the closest anchor
    instead of the furthest.

    Parameters
    ----------
    inputs, anchors
        Inputs of the pipelines.
    pipeline, anchor_pipeline
        Any objects with ``transform``; the second is for the anchors, if different.
    metric
        Name of a pairwise distance in scikit-learn.
    aggregate
        Function that aggregates the distances to all anchors.
    n_jobs
        Number of jobs, passed to scikit-learn.

    Examples
    --------
    >>> calc_distances(["my card", "my parcel"], ["card"], SentenceEncoder()).argmin()
    np.int64(0)
    """
    examples = _dense((anchor_pipeline or pipeline).transform(anchors))
    vectors = _dense(pipeline.transform(inputs))
    distances = pairwise_distances(vectors, examples, metric=metric, n_jobs=n_jobs)
    return np.asarray(aggregate(distances, axis=1))


def _dense(X: Any) -> Any:
    """Return a sparse matrix or a ``np.matrix`` as an array; anything else unchanged."""
    if issparse(X):
        return cast("Any", X).toarray()  # the stubs of SciPy know no common base
    return np.asarray(X) if isinstance(X, np.matrix) else X
