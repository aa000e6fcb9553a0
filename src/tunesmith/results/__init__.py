"""Results as frozen dataclasses, with conversion to and from JSON."""

from tunesmith.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
