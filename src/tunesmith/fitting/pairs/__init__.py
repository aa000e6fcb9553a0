"""Fit pairs, scores, triplets, retrieval data or unlabelled text."""

from tunesmith.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
