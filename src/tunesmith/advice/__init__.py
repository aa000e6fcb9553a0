"""Recipes, costs, and the expected gain of more labels for a data file."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
