"""Files in, files out: embed, classify, compare and search files of any length, resumable."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
