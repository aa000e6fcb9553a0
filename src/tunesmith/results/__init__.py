"""Results as frozen dataclasses, with conversion to and from JSON."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
