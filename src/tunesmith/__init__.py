"""Turn the text you have into an embedding model that is measurably better on it.

Everything public is here and loaded on first use, so that ``import tunesmith`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tunesmith.closeness import rank_by_closeness
    from tunesmith.encoders.sentence import SentenceEncoder
    from tunesmith.errors import TunesmithError
    from tunesmith.fitting.advice import advise
    from tunesmith.fitting.distillation import distill
    from tunesmith.fitting.evaluation import evaluate
    from tunesmith.fitting.inspection import inspect
    from tunesmith.fitting.run import fit
    from tunesmith.models import Model, load
    from tunesmith.tuners.contrastive import ContrastiveTuner
    from tunesmith.tuners.feed_forward import FeedForwardTuner
    from tunesmith.tuners.linear import LinearTuner
    from tunesmith.vectors import cosine_similarity, search, similarity

__version__ = "0.1.0"

_HOMES = {
    "ContrastiveTuner": "tunesmith.tuners.contrastive",
    "FeedForwardTuner": "tunesmith.tuners.feed_forward",
    "LinearTuner": "tunesmith.tuners.linear",
    "Model": "tunesmith.models",
    "SentenceEncoder": "tunesmith.encoders.sentence",
    "TunesmithError": "tunesmith.errors",
    "advise": "tunesmith.fitting.advice",
    "cosine_similarity": "tunesmith.vectors",
    "distill": "tunesmith.fitting.distillation",
    "evaluate": "tunesmith.fitting.evaluation",
    "fit": "tunesmith.fitting.run",
    "inspect": "tunesmith.fitting.inspection",
    "load": "tunesmith.models",
    "rank_by_closeness": "tunesmith.closeness",
    "search": "tunesmith.vectors",
    "similarity": "tunesmith.vectors",
}

__all__ = [
    "ContrastiveTuner",
    "FeedForwardTuner",
    "LinearTuner",
    "Model",
    "SentenceEncoder",
    "TunesmithError",
    "advise",
    "cosine_similarity",
    "distill",
    "evaluate",
    "fit",
    "inspect",
    "load",
    "rank_by_closeness",
    "search",
    "similarity",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tunesmith' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
