"""Where Tunesmith keeps things: one folder, ``TUNESMITH_HOME``."""

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """Return the home folder: ``TUNESMITH_HOME``, or the platform's user data folder."""
    chosen = os.environ.get("TUNESMITH_HOME")
    return Path(chosen).expanduser() if chosen else platformdirs.user_data_path("tunesmith")


def models_folder() -> Path:
    """Return the folder that holds a folder for each model."""
    return home() / "models"


def cache_folder() -> Path:
    """Return the folder of the vector cache."""
    return home() / "cache"


def exports_folder() -> Path:
    """Return the folder that holds the ONNX files of models from elsewhere."""
    return home() / "onnx"


def work_folder() -> Path:
    """Return the folder where fits keep their finished rungs until they are done."""
    return home() / "work"
