"""Whether the code runs in a Jupyter notebook, and what libraries are not to say there."""

import sys
import warnings


def in_notebook() -> bool:
    """Return whether the code runs in a Jupyter kernel.

    Examples
    --------
    >>> in_notebook()
    False
    """
    module = sys.modules.get("IPython")
    shell = None if module is None else module.get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def quieten_tqdm() -> None:
    """Keep tqdm, which the model libraries import, from asking for ipywidgets in a notebook."""
    if in_notebook():
        warnings.filterwarnings("ignore", message="IProgress not found")
