"""Turn the text you have into an embedding model that is measurably better on it.

Everything public is here and loaded on first use, so that ``import tunesmith`` costs nothing.
"""

import lazy_loader

from tunesmith.threads import wait_passively

wait_passively()  # here, before any module of the package loads torch or scikit-learn

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
