"""Write the encoder of queries as a folder of its own, whose plain ``encode`` is that of queries.

Many tools call ``encode`` for queries and documents. In a model with a query map or a query prompt,
``encode`` is that of documents, so the map would be lost in silence.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tunesmith.encoders.model_files.dense_modules import save_with_layers, write_json
from tunesmith.encoders.model_files.digest import vector_files
from tunesmith.encoders.model_files.query_route import query_layers
from tunesmith.errors import UsageError
from tunesmith.folders import replacing, require_new

_CONFIG: Final = "config_sentence_transformers.json"
_QUERY: Final = "query"


def write_query_folder(folder: Path, out: Path) -> None:
    """Write a plain sentence-transformers folder whose ``encode`` is ``encode_query`` of a model.

    Parameters
    ----------
    folder
        A model with a query map or a prompt for queries.
    out
        The new folder.

    Raises
    ------
    UsageError
        The model encodes queries like any other text.
    OutputError
        The folder exists or cannot be written.
    """
    layers, prompts = query_layers(folder), _prompts(folder)
    if not layers and not prompts.get(_QUERY):
        raise UsageError(
            f"{folder.name} encodes queries and documents in the same way",
            hint="use its own folder for queries, too",
            option="queries",
        )
    require_new(out)
    with replacing(out) as unfinished, TemporaryDirectory() as name:
        plain = Path(name)
        for source in vector_files(folder):
            target = plain / source.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        if layers:
            _drop_last_module(plain)
        save_with_layers(plain, layers, unfinished)
        if _QUERY in prompts:
            _set_default_prompt(unfinished)


def _prompts(folder: Path) -> Mapping[str, Any]:
    path = folder / _CONFIG
    config = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return config.get("prompts") or {}


def _drop_last_module(folder: Path) -> None:
    listing = folder / "modules.json"
    modules = json.loads(listing.read_text("utf-8"))
    shutil.rmtree(folder / str(modules.pop()["path"]))
    write_json(listing, modules)


def _set_default_prompt(folder: Path) -> None:
    path = folder / _CONFIG
    config = json.loads(path.read_text("utf-8"))
    write_json(path, {**config, "default_prompt_name": _QUERY})
