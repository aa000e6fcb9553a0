"""Text in, float32 vectors out: encoders, their cache and their files."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
