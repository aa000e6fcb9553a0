"""Recipes, costs, and the expected gain of more labels for a data file."""

from tunesmith.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
