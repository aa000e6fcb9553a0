"""Text in, float32 vectors out: encoders, their cache and their files."""

from tunesmith.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
