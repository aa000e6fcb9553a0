"""Fit a model: split, run the ladder of candidates, evaluate once on the held-out test set."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
