"""The folder where Tunesmith stores its files, ``TUNESMITH_HOME``."""

import os
from pathlib import Path

import platformdirs

from tunesmith.errors import UsageError

_DEFAULT_CACHE_BYTES = 4 * 2**30


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


def cache_limit() -> int:
    """Return the maximum size of the vector cache in bytes: ``TUNESMITH_CACHE_BYTES``, or 4 GiB.

    Raises
    ------
    UsageError
        The variable is not a number of bytes.
    """
    chosen = os.environ.get("TUNESMITH_CACHE_BYTES") or str(_DEFAULT_CACHE_BYTES)
    if not chosen.isdecimal():
        raise UsageError(
            f"TUNESMITH_CACHE_BYTES is {chosen!r}",
            hint="set it to a number of bytes, such as 1000000000",
        )
    return int(chosen)


def exports_folder() -> Path:
    """Return the folder of ONNX files exported from models that Tunesmith did not fit."""
    return home() / "onnx"


def work_folder() -> Path:
    """Return the folder where running fits store their finished rungs."""
    return home() / "work"
