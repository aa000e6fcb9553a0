"""Fit labelled text: the split, the candidates, the test and the compressed variants."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
