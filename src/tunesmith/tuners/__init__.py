"""Vectors to better vectors: one scikit-learn estimator a file.

Names are loaded on first use, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tunesmith.tuners.contrastive import ContrastiveTuner
    from tunesmith.tuners.feed_forward import FeedForwardTuner
    from tunesmith.tuners.linear import LinearTuner

_HOMES = {
    "ContrastiveTuner": "tunesmith.tuners.contrastive",
    "FeedForwardTuner": "tunesmith.tuners.feed_forward",
    "LinearTuner": "tunesmith.tuners.linear",
}

__all__ = ["ContrastiveTuner", "FeedForwardTuner", "LinearTuner"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
