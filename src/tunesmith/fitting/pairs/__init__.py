"""Fit pairs, scores, triplets, retrieval data or unlabelled text."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
