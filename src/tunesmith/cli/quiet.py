"""Keep the bars, logs and warnings of libraries off the terminal, but not Tunesmith's own."""

import os
import sys
import warnings
from typing import TextIO

_VARIABLES = {
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_WAIT_POLICY": "passive",  # threads that wait must not keep others from working
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_VERBOSITY": "error",
    "TRANSFORMERS_VERBOSITY": "error",
    "DATASETS_VERBOSITY": "error",
}


def quieten_libraries() -> None:
    """Set it up, before any library is imported; with TUNESMITH_DEBUG set, let them speak."""
    if os.environ.get("TUNESMITH_DEBUG"):
        return
    for name, value in _VARIABLES.items():
        os.environ.setdefault(name, value)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
        warnings.filterwarnings("default", module=r"tunesmith\.", category=RuntimeWarning)
        warnings.showwarning = _show_in_one_line


def _show_in_one_line(
    message: Warning | str,
    category: type[Warning],  # noqa: ARG001 - the signature is the warnings module's
    filename: str,  # noqa: ARG001
    lineno: int,  # noqa: ARG001
    file: TextIO | None = None,
    line: str | None = None,  # noqa: ARG001
) -> None:
    (file or sys.stderr).write(f"warning: {message}\n")
