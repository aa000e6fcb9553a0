"""Mine hard negatives and new pairs with an encoder and, optionally, a cross-encoder."""

from tunesmith.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
