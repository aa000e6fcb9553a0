"""Recipes, costs, and the expected gain of more labels for a data file."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
