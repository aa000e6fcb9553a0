"""Files in, files out: embed, classify, compare and search files of any length, resumable."""

from tunesmith.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
