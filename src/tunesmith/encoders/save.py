"""Write an encoder with the layers that were fitted behind it, ready to be served."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from tunesmith.encoders.backends.onnx_export import export
from tunesmith.encoders.backends.onnx_folder import FOLDER, Export, find_export
from tunesmith.encoders.model_files.dense_modules import save_with_layers
from tunesmith.encoders.model_files.description import describe
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.model_files.query_route import add_query_route
from tunesmith.vectors.layers import Layer


def write_encoder(
    base: Path, layers: Sequence[Layer], out: Path, query_route: Sequence[Layer] = ()
) -> None:
    """Write a sentence-transformers folder and the ONNX file that it is served from.

    Parameters
    ----------
    base
        The model's folder.
    layers
        What comes behind it: a tuner's layers, or none.
    out
        Where to write; made if it is not there.
    query_route
        What only queries go through, or nothing.

    Raises
    ------
    UsageError
        A layer's width does not fit what comes before it.
    OutputError
        The files cannot be written.
    """
    save_with_layers(base, layers, out)
    if query_route:
        add_query_route(out, query_route)
    if describe(out).static:
        return
    found = find_export(out, folder_digest(out))
    if isinstance(found, Export):  # in the home, of these very weights
        shutil.copytree(found.folder, out / FOLDER, ignore=shutil.ignore_patterns("int8"))
    else:
        export(out, out / FOLDER)
