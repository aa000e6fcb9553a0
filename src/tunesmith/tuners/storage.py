"""Fitted tuners on disk: arrays in safetensors, the rest in JSON; loading runs no code."""

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
# Parameters and values that had other names in release 0.1.0.
_RENAMED = {"n_epochs": "epochs", "collection": "corpus_type"}
_VALUES = {"growing": "open", "fixed": "closed"}
# The only classes that reading a tuner may create.
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
    """The parts of a tuner: the name of its class, its parameters and its learned state."""

    class_name: str
    parameters: Mapping[str, Any]
    state: Mapping[str, Any]


def write_stored(folder: Path, stored: Stored) -> Path:
    """Write a tuner; a tuner already in the folder is replaced.

    Raises
    ------
    UsageError
        If a parameter or attribute has a type that cannot be written.
    OutputError
        If the folder holds something else or cannot be written.
    """
    if folder.exists() and not (folder / DESCRIPTION).is_file():
        raise OutputError(f"{folder} exists and is not a tuner", hint="give a new folder")
    arrays: dict[str, NDArray[Any]] = {}
    description = {
        "format": FORMAT_VERSION,
        "class": stored.class_name,
        "parameters": _to_json(dict(stored.parameters), "parameters", arrays),
        "state": _to_json(dict(stored.state), "state", arrays),
    }

    with replacing(folder) as aside:
        text = json.dumps(description, indent=1, ensure_ascii=False)
        (aside / DESCRIPTION).write_text(text + "\n", encoding="utf-8")
        contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        save_file(contiguous, aside / ARRAYS)
    return folder


def read_stored(folder: Path, class_name: str) -> Stored:
    """Read a tuner of this class.

    Raises
    ------
    UnknownModel
        If the folder holds no tuner.
    DamagedModel
        If it cannot be read, or has another class.
    """
    if not (folder / DESCRIPTION).is_file():
        raise UnknownModel(
            f"there is no tuner in {folder}", hint="give the folder that save() wrote"
        )
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        found, version = description["class"], description["format"]
        arrays = load_file(folder / ARRAYS)
        parameters = _migrate(_from_json(description["parameters"], arrays))
        state = _from_json(description["state"], arrays)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise DamagedModel(f"the tuner in {folder} cannot be read: {error}") from error
    if version != FORMAT_VERSION or found != class_name:
        raise DamagedModel(
            f"{folder} holds a {found} of format {version}, not a {class_name} of format "
            f"{FORMAT_VERSION}",
            hint="load it with its own class, or save it again",
        )
    return Stored(found, parameters, state)


def _migrate(parameters: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {_RENAMED.get(name, name): value for name, value in parameters.items()}
    if "corpus_type" in renamed:
        renamed["corpus_type"] = _VALUES.get(renamed["corpus_type"], renamed["corpus_type"])
    return renamed


def _to_json(value: Any, name: str, arrays: dict[str, NDArray[Any]]) -> Any:
    """Return a value as JSON types; numeric arrays are moved to ``arrays`` under a name."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return _array_to_json(value, name, arrays)
    if isinstance(value, tuple | list):
        items = [_to_json(item, f"{name}.{index}", arrays) for index, item in enumerate(value)]
        return {"kind": type(value).__name__, "items": items}
    if isinstance(value, Mapping):
        pairs = [
            [_to_json(key, f"{name}.key", arrays), _to_json(item, f"{name}.{key}", arrays)]
            for key, item in value.items()
        ]
        return {"kind": "dict", "items": pairs}
    if is_dataclass(value) and type(value).__name__ in _RECORDS:
        values = {field.name: getattr(value, field.name) for field in fields(value)}
        parts = {key: _to_json(item, f"{name}.{key}", arrays) for key, item in values.items()}
        return {"kind": type(value).__name__, "fields": parts}
    raise UsageError(
        f"{name.partition('.')[2]} is a {type(value).__name__}, which cannot be saved",
        hint="give a number, a string or None",
    )


def _array_to_json(value: NDArray[Any], name: str, arrays: dict[str, NDArray[Any]]) -> Any:
    if value.dtype.kind in "biuf":
        arrays[name] = value
        return {"kind": "array", "name": name}
    labels = [_to_json(item, name, arrays) for item in value.tolist()]
    return {"kind": "labels", "items": labels, "text": value.dtype.kind == "U"}


def _from_json(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Return the value that was passed to :func:`_to_json`."""
    if not isinstance(value, dict):
        return value
    kind = value["kind"]
    if kind == "array":
        return arrays[value["name"]]
    if kind == "labels":
        return np.array(value["items"], dtype=str if value["text"] else object)
    if kind in {"tuple", "list"}:
        items = [_from_json(item, arrays) for item in value["items"]]
        return tuple(items) if kind == "tuple" else items
    if kind == "dict":
        return {_from_json(key, arrays): _from_json(item, arrays) for key, item in value["items"]}
    make = getattr(import_module(_RECORDS[kind]), kind)
    return make(**{key: _from_json(item, arrays) for key, item in value["fields"].items()})
