"""Additional layers for queries only, as a sentence-transformers Router.

The vectors of other texts do not change, so documents need not be embedded again after the
queries were tuned. ``SentenceTransformer(folder).encode_query`` returns the mapped vectors.
"""

import json
import shutil
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from tunesmith.encoders.model_files.dense_modules import (
    DENSE,
    NORMALIZE,
    layer_of,
    write_dense,
    write_json,
    write_normalize,
)
from tunesmith.encoders.model_files.description import describe
from tunesmith.errors import DamagedModel, OutputError
from tunesmith.vectors.layers import Layer

ROUTER = "sentence_transformers.models.Router"
_CONFIG = "router_config.json"


def add_query_route(folder: Path, layers: Sequence[Layer]) -> None:
    """Append layers for queries only to a model, after any existing ones.

    Parameters
    ----------
    folder
        A sentence-transformers folder whose vectors are normalised; it is modified.
    layers
        Linear layers without bias, in order, such as the query tuner's; their output is
        normalised.

    Raises
    ------
    OutputError
        The files cannot be written.
    """
    try:
        listing = folder / "modules.json"
        modules: list[dict[str, Any]] = json.loads(listing.read_text("utf-8"))
        before = query_layers(folder)
        if before:
            shutil.rmtree(folder / str(modules.pop()["path"]))
        number = len(modules)
        path = f"{number}_Router"
        _write_router(folder / path, (*before, *layers))
        modules.append({"idx": number, "name": str(number), "path": path, "type": ROUTER})
        write_json(listing, modules)
    except OSError as error:
        raise OutputError(f"the model cannot be written to {folder}: {error}") from error


def query_layers(folder: Path) -> tuple[Layer, ...]:
    """Return the layers for queries only; an empty tuple if the model has none.

    Raises
    ------
    DamagedModel
        The list of modules or the router cannot be read.
    """
    listing = folder / "modules.json"
    if not listing.is_file():
        return ()
    try:
        return _listed_layers(folder, listing)
    except (LookupError, OSError, TypeError, ValueError) as error:
        raise DamagedModel(f"the modules of {folder} cannot be read: {error!r}") from error


def _listed_layers(folder: Path, listing: Path) -> tuple[Layer, ...]:
    last = json.loads(listing.read_text("utf-8"))[-1]
    if not str(last["type"]).endswith("Router") or describe(folder).routed:
        return ()
    router_folder = folder / str(last["path"])
    return _read_router(router_folder, (router_folder / _CONFIG).stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _read_router(router_folder: Path, changed: int) -> tuple[Layer, ...]:
    del changed  # part of the key
    names = json.loads((router_folder / _CONFIG).read_text("utf-8"))["structure"]["query"]
    return tuple(layer_of(router_folder / name) for name in names if name.endswith("Dense"))


def _write_router(router_folder: Path, layers: Sequence[Layer]) -> None:
    dense = [f"query_{number}_Dense" for number in range(len(layers))]
    length = f"query_{len(layers)}_Normalize"
    for name, layer in zip(dense, layers, strict=True):
        write_dense(router_folder / name, layer)
    for name in (length, "document_0_Normalize"):
        write_normalize(router_folder / name)
    structure = {"query": [*dense, length], "document": ["document_0_Normalize"]}
    types = {
        name: DENSE if name.endswith("Dense") else NORMALIZE
        for names in structure.values()
        for name in names
    }
    parameters = {"default_route": "document", "allow_empty_key": True, "route_mappings": {}}
    write_json(
        router_folder / _CONFIG, {"types": types, "structure": structure, "parameters": parameters}
    )
