"""Fit labelled text: the split, the candidates, the test and the compressed variants."""

from tunesmith.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
