"""Fit a model: split, run the ladder of candidates, evaluate once on the held-out test set."""

from tunesmith.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
