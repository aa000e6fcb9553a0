"""A client of a Tunesmith server, with the library's verbs."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
