"""The folder where Tunesmith stores its files, ``TUNESMITH_HOME``."""

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """Return the home folder: ``TUNESMITH_HOME``, or the platform's user data folder."""
    chosen = os.environ.get("TUNESMITH_HOME")
    return Path(chosen).expanduser() if chosen else platformdirs.user_data_path("tunesmith")


def models_folder() -> Path:
    """Return the folder of the fitted models."""
    return home() / "models"


def cache_folder() -> Path:
    """Return the folder of the vector cache."""
    return home() / "cache"


def exports_folder() -> Path:
    """Return the folder of ONNX files exported from models that Tunesmith did not fit."""
    return home() / "onnx"


def work_folder() -> Path:
    """Return the folder where running fits store their finished rungs."""
    return home() / "work"
