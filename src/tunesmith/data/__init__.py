"""Read a file, detect its kind, check it, convert it to another kind and split it."""

from tunesmith.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
