"""The ONNX file of the bundled model, which is made once and not again in each home."""

import os
import shutil
from pathlib import Path

SHARED = "TUNESMITH_SHARED_HOME"


def share_exports(home: Path) -> None:
    """Copy the exports of the home that tests share, if there are any."""
    exports = Path(os.environ[SHARED]) / "onnx"
    if exports.is_dir():
        shutil.copytree(exports, home / "onnx", dirs_exist_ok=True)
