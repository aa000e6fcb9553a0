"""The base of a fitted model: where it is, and whether it is still the same."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.model_files.locate import locate
from tunesmith.errors import DamagedModel, UnknownModel
from tunesmith.home import current_home

FOLDER = "base_folder"


def base_details(base: str) -> dict[str, str]:
    """Return what ``tunesmith.json`` keeps of a local base: its absolute folder.

    The name alone would mean another folder, or none, in another current folder.

    Examples
    --------
    >>> base_details("all-MiniLM-L6-v2")
    {}
    """
    folder = locate(base).resolve()
    own = current_home().models.resolve()
    if Path(base).expanduser().exists() or folder.is_relative_to(own):
        return {FOLDER: str(folder)}
    return {}


def base_of(metadata: Mapping[str, Any]) -> str | None:
    """Return the name or folder of a fitted model's base, given its metadata; None without one.

    Raises
    ------
    DamagedModel
        What is found there is not the base that the model was fitted on.

    Examples
    --------
    >>> base_of({"summary": {"base": "all-MiniLM-L6-v2"}})
    'all-MiniLM-L6-v2'
    """
    known = metadata.get("summary") or metadata.get("attached", {})
    if "base" not in known:
        return None
    name, changed = str(known["base"]), ""
    for place in map(str, filter(None, (metadata.get(FOLDER), name))):
        try:
            digest = folder_digest(locate(place))
        except UnknownModel:
            continue
        if known.get("base_digest", digest) == digest:
            return place
        changed = changed or place
    if changed:
        raise DamagedModel(
            f"{changed} is not the base that the model was fitted on: its files have changed",
            hint="restore it, or name the models to compare",
        )
    return str(metadata.get(FOLDER, name))
