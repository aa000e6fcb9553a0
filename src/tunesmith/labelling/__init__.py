"""Label texts: guess their labels, suggest what to label next, and find texts like others."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
