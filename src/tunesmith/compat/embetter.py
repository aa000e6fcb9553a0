"""The names of embetter, with its arguments: change the import, and keep the rest.

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

What is different on purpose: vectors have length 1; ``partial_fit`` makes one pass a call; a
network that has learnt enough stops before ``epochs``; parameters that are set are heeded.
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
    """:class:`tunesmith.tuners.DifferenceClassifier` under its old arguments.

    Parameters
    ----------
    enc
        Anything with ``transform``.
    clf_head
        Any scikit-learn classifier; by default logistic regression with balanced classes. After
        ``fit`` the fitted one is ``classifier_``.
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
    """Return an encoder that asks ``pipeline`` only for texts that it has not seen.

    Vectors are kept in Tunesmith's cache under this name, not in a folder of that name.

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
    """Return how far each input is from a set of anchors, shape (n,).

    :func:`tunesmith.rank_by_closeness` is the newer way, and by default looks at the
    closest anchor instead of the furthest.

    Parameters
    ----------
    inputs, anchors
        What the pipelines take.
    pipeline, anchor_pipeline
        Anything with ``transform``; the second for the anchors, if another is to be used.
    metric
        One of scikit-learn's pairwise distances.
    aggregate
        Makes one distance of those to all anchors.
    n_jobs
        Passed on to scikit-learn.

    Examples
    --------
    >>> calc_distances(["my card", "my parcel"], ["card"], SentenceEncoder()).argmin()
    np.int64(0)
    """
    examples = (anchor_pipeline or pipeline).transform(anchors)
    apart = pairwise_distances(pipeline.transform(inputs), examples, metric=metric, n_jobs=n_jobs)
    return np.asarray(aggregate(apart, axis=1))
