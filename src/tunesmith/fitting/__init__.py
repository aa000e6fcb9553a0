"""Fit a model: split, run the ladder of candidates, evaluate once on the held-out test set."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
