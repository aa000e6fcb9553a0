"""Maps and vectors that are made of a model and a data set: their names, and their removal."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from typing import Any

from tunesmith.home import Home

_MARK = 12


def derived_name(model: str, data: str, facts: Sequence[Any]) -> str:
    """Return the name of a folder for what is made of a model and a file.

    Parameters
    ----------
    model
        The id of the model.
    data
        The digest of the file.
    facts
        Everything else that the result depends on.

    Examples
    --------
    >>> derived_name("tune-a", "4f1c", [1]) == derived_name("tune-a", "4f1c", [2])
    False
    """
    return f"{_mark(model)}-{_mark(data)}-{_mark(json.dumps(facts, sort_keys=True, default=dict))}"


def remove_derived(home: Home, *, model: str = "", data: str = "") -> None:
    """Delete all that was made of a model, or of a file with a digest.

    Examples
    --------
    >>> from tunesmith.server import ServerSettings
    >>> remove_derived(ServerSettings().home, model="tune-a")    # nothing was made of it
    """
    for folder in (home.maps, home.vectors):
        for found in folder.glob(f"*{_mark(model or data)}*"):
            shutil.rmtree(found, ignore_errors=True)


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_MARK]
