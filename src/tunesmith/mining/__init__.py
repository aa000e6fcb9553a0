"""Mine hard negatives and new pairs with an encoder and, optionally, a cross-encoder."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
