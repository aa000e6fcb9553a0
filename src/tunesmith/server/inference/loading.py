"""Loading of a model until it has computed its first vector."""

import os
import subprocess
import sys
from pathlib import Path

from tunesmith.encoders.backends.engine import on_cpu
from tunesmith.encoders.backends.onnx_folder import Weights, lacks_export
from tunesmith.home import current_home
from tunesmith.models.model import load
from tunesmith.models.serving import LoadedModel, serve

_EXPORT = "import sys, tunesmith; tunesmith.serve(sys.argv[1], threads=1)"


def load_warm(target: str | Path) -> LoadedModel:
    """Return a model that has computed a vector, so that its first request is not slow.

    A model that has no ONNX file yet is exported by another process, because exporting loads torch,
    which would stay in the memory of the server.

    Raises
    ------
    UnknownModel, DamagedModel
        There is no such model, or it cannot be loaded.
    """
    if _needs_export(target):
        # If it fails, the reason is raised below.
        own = {**os.environ, "TUNESMITH_HOME": str(current_home().folder)}
        command = [sys.executable, "-c", _EXPORT, str(target)]
        subprocess.run(command, check=False, env=own)  # noqa: S603 - our own code
    model = serve(target, threads=1)
    model.encode(["a first text"])
    return model


def _needs_export(target: str | Path) -> bool:
    model = load(target)
    weights: Weights = "int8" if model.precision == "int8" else "float32"
    return on_cpu(None) and lacks_export(model.path, weights)
