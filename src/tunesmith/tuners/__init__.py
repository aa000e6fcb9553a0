"""Vectors to better vectors: one scikit-learn estimator a file."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
