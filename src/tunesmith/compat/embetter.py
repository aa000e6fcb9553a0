"""The API of embetter, with its names and arguments: only the import changes.

======================================================  ==========================================
in embetter                                             here
======================================================  ==========================================
``embetter.finetune``: ``FeedForwardTuner``,            the same names
``ContrastiveTuner``, ``ContrastiveLearner``,
``SbertLearner``
``embetter.model.DifferenceClassifier``                 the same name
``embetter.text.SentenceEncoder``                       the same name
``embetter.utils``: ``cached``, ``calc_distances``      the same names
======================================================  ==========================================

Intended differences: vectors are normalised; ``partial_fit`` makes one pass per call; networks stop
before ``epochs`` if the loss no longer falls; all given parameters are used.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances

from tunesmith.encoders.cached_encoder import CachedEncoder
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.tuners.contrastive import ContrastiveTuner
from tunesmith.tuners.contrastive_learner import ContrastiveLearner
from tunesmith.tuners.difference import DifferenceClassifier as _DifferenceClassifier
from tunesmith.tuners.feed_forward import FeedForwardTuner
from tunesmith.tuners.sbert_learner import SbertLearner

__all__ = [
    "ContrastiveLearner",
    "ContrastiveTuner",
    "DifferenceClassifier",
    "FeedForwardTuner",
    "SbertLearner",
    "SentenceEncoder",
    "cached",
    "calc_distances",
]


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
    examples = (anchor_pipeline or pipeline).transform(anchors)
    distances = pairwise_distances(
        pipeline.transform(inputs), examples, metric=metric, n_jobs=n_jobs
    )
    return np.asarray(aggregate(distances, axis=1))
