"""Vectors and labels for many clients at once, from models loaded on demand."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
