"""Mine hard negatives and new pairs with an encoder and, optionally, a cross-encoder."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
