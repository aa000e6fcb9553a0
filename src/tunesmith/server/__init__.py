"""The server: data sets in, model ids out, and vectors, labels and matches over HTTP."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
