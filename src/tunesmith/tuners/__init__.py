"""Vectors to better vectors: one scikit-learn estimator a file.

Names are loaded on first use, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tunesmith.tuners.contrastive import ContrastiveTuner
    from tunesmith.tuners.contrastive_learner import ContrastiveLearner
    from tunesmith.tuners.difference import DifferenceClassifier
    from tunesmith.tuners.feed_forward import FeedForwardTuner
    from tunesmith.tuners.linear import LinearTuner
    from tunesmith.tuners.nudge import NudgeTuner
    from tunesmith.tuners.pairs import (
        Pair,
        pair_columns,
        pairs_from_classes,
        pairs_from_documents,
        pairs_from_function,
        pairs_from_labels,
    )
    from tunesmith.tuners.query import QueryTuner
    from tunesmith.tuners.sbert_learner import SbertLearner

_HOMES = {
    "ContrastiveLearner": "tunesmith.tuners.contrastive_learner",
    "ContrastiveTuner": "tunesmith.tuners.contrastive",
    "DifferenceClassifier": "tunesmith.tuners.difference",
    "FeedForwardTuner": "tunesmith.tuners.feed_forward",
    "LinearTuner": "tunesmith.tuners.linear",
    "NudgeTuner": "tunesmith.tuners.nudge",
    "Pair": "tunesmith.tuners.pairs",
    "QueryTuner": "tunesmith.tuners.query",
    "SbertLearner": "tunesmith.tuners.sbert_learner",
    "pair_columns": "tunesmith.tuners.pairs",
    "pairs_from_classes": "tunesmith.tuners.pairs",
    "pairs_from_documents": "tunesmith.tuners.pairs",
    "pairs_from_function": "tunesmith.tuners.pairs",
    "pairs_from_labels": "tunesmith.tuners.pairs",
}

__all__ = [
    "ContrastiveLearner",
    "ContrastiveTuner",
    "DifferenceClassifier",
    "FeedForwardTuner",
    "LinearTuner",
    "NudgeTuner",
    "Pair",
    "QueryTuner",
    "SbertLearner",
    "pair_columns",
    "pairs_from_classes",
    "pairs_from_documents",
    "pairs_from_function",
    "pairs_from_labels",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
