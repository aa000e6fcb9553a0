"""Turn the text you have into an embedding model that is measurably better on it.

Everything public is here and loaded on first use, so that ``import tunesmith`` costs nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
