"""Files in, files out: embed, classify, compare and search files of any length, resumable."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
