"""The ONNX file of the bundled model, which is made once and not again in each home."""

import os
import shutil
from pathlib import Path

SHARED = "TUNESMITH_SHARED_HOME"


def share_exports(home: Path) -> None:
    """Copy the exports of the home that tests share, if there are any."""
    shared = os.environ.get(SHARED)  # benchmarks have none
    if shared and (Path(shared) / "onnx").is_dir():
        shutil.copytree(Path(shared) / "onnx", home / "onnx", dirs_exist_ok=True)
