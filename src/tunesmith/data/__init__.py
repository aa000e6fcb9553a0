"""Read a file, detect its kind, check it, convert it to another kind and split it."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
