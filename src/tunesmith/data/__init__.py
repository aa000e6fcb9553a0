"""Read a file, detect its kind, check it, convert it to another kind and split it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
