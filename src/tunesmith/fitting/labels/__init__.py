"""Fit labelled text: the split, the candidates, the test and the compressed variants."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
