"""Fine-tune text-embedding models, and test on held-out data whether the result is better.

Public names are loaded on first use, so that ``import tunesmith`` is fast.
"""

from tunesmith.extras import lazy_names
from tunesmith.notebook import quieten_tqdm
from tunesmith.threads import wait_passively

quieten_tqdm()
wait_passively()  # here, before any module of the package loads torch or scikit-learn

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
