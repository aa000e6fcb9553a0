"""A fitted tuner on disk: arrays in safetensors, all else in JSON; loading executes nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from tunesmith.errors import DamagedModel, OutputError, UnknownModel, UsageError
from tunesmith.folders import replacing

FORMAT_VERSION = 1
DESCRIPTION, ARRAYS = "tuner.json", "tuner.safetensors"
# Parameters and values that release 0.1.0 wrote under other names.
_RENAMED = {"n_epochs": "epochs", "collection": "corpus_type"}
_VALUES = {"growing": "open", "fixed": "closed"}
# The only classes that are made when a tuner is read.
_RECORDS = {
    "Layer": "tunesmith.encoders.model_files.dense_modules",
    "Epoch": "tunesmith.tuners.networks.history",
    "GroupMoments": "tunesmith.tuners.moments",
    "LinearMap": "tunesmith.tuners.linear",
    "Scaling": "tunesmith.tuners.networks.scaling",
    "Trial": "tunesmith.tuners.relevance",
    "TrainingState": "tunesmith.tuners.networks.history",
}


@dataclass(frozen=True)
class Stored:
    """A tuner in parts: the name of its class, its parameters, and what it learnt."""

    class_name: str
    parameters: Mapping[str, Any]
    state: Mapping[str, Any]


def write_stored(folder: Path, stored: Stored) -> Path:
    """Write a tuner; an earlier one in the folder is replaced.

    Raises
    ------
    UsageError
        If a parameter or attribute is of a kind that cannot be written.
    OutputError
        If the folder holds something else or cannot be written.
    """
    if folder.exists() and not (folder / DESCRIPTION).is_file():
        raise OutputError(f"{folder} holds something that is no tuner: give a new folder")
    arrays: dict[str, NDArray[Any]] = {}
    description = {
        "format": FORMAT_VERSION,
        "class": stored.class_name,
        "parameters": _plain(dict(stored.parameters), "parameters", arrays),
        "state": _plain(dict(stored.state), "state", arrays),
    }

    with replacing(folder) as aside:
        text = json.dumps(description, indent=1, ensure_ascii=False)
        (aside / DESCRIPTION).write_text(text + "\n", encoding="utf-8")
        whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        save_file(whole, aside / ARRAYS)
    return folder


def read_stored(folder: Path, class_name: str) -> Stored:
    """Read a tuner of this class.

    Raises
    ------
    UnknownModel
        If there is none.
    DamagedModel
        If it cannot be read, or is of another class.
    """
    if not (folder / DESCRIPTION).is_file():
        raise UnknownModel(f"there is no tuner in {folder}: give the folder that save() wrote")
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        found, version = description["class"], description["format"]
        arrays = load_file(folder / ARRAYS)
        parameters = _today(_revived(description["parameters"], arrays))
        state = _revived(description["state"], arrays)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise DamagedModel(f"the tuner in {folder} cannot be read: {error}") from error
    if version != FORMAT_VERSION or found != class_name:
        raise DamagedModel(
            f"{folder} holds a {found} of format {version}, not a {class_name} of format "
            f"{FORMAT_VERSION}: load it with its own class, or save it again"
        )
    return Stored(found, parameters, state)


def _today(parameters: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {_RENAMED.get(name, name): value for name, value in parameters.items()}
    if "corpus_type" in renamed:
        renamed["corpus_type"] = _VALUES.get(renamed["corpus_type"], renamed["corpus_type"])
    return renamed


def _plain(value: Any, name: str, arrays: dict[str, NDArray[Any]]) -> Any:
    """Return what JSON can hold of a value; arrays of numbers are put aside under a name."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return _plain_array(value, name, arrays)
    if isinstance(value, tuple | list):
        items = [_plain(item, f"{name}.{index}", arrays) for index, item in enumerate(value)]
        return {"kind": type(value).__name__, "items": items}
    if isinstance(value, Mapping):
        pairs = [
            [_plain(key, f"{name}.key", arrays), _plain(item, f"{name}.{key}", arrays)]
            for key, item in value.items()
        ]
        return {"kind": "dict", "items": pairs}
    if is_dataclass(value) and type(value).__name__ in _RECORDS:
        held = {field.name: getattr(value, field.name) for field in fields(value)}
        parts = {key: _plain(item, f"{name}.{key}", arrays) for key, item in held.items()}
        return {"kind": type(value).__name__, "fields": parts}
    raise UsageError(
        f"{name.partition('.')[2]} is a {type(value).__name__}, which cannot be saved: "
        "give a number, a text or None"
    )


def _plain_array(value: NDArray[Any], name: str, arrays: dict[str, NDArray[Any]]) -> Any:
    if value.dtype.kind in "biuf":
        arrays[name] = value
        return {"kind": "array", "name": name}
    labels = [_plain(item, name, arrays) for item in value.tolist()]
    return {"kind": "labels", "items": labels, "text": value.dtype.kind == "U"}


def _revived(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Return the value that :func:`_plain` was given."""
    if not isinstance(value, dict):
        return value
    kind = value["kind"]
    if kind == "array":
        return arrays[value["name"]]
    if kind == "labels":
        return np.array(value["items"], dtype=str if value["text"] else object)
    if kind in {"tuple", "list"}:
        items = [_revived(item, arrays) for item in value["items"]]
        return tuple(items) if kind == "tuple" else items
    if kind == "dict":
        return {_revived(key, arrays): _revived(item, arrays) for key, item in value["items"]}
    make = getattr(import_module(_RECORDS[kind]), kind)
    return make(**{key: _revived(item, arrays) for key, item in value["fields"].items()})
