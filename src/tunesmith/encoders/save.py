"""Write an encoder with its fitted layers, ready for serving."""

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
    base: Path,
    layers: Sequence[Layer],
    out: Path,
    query_route: Sequence[Layer] = (),
    *,
    onnx: bool = True,
) -> None:
    """Write a sentence-transformers folder and its ONNX file for serving.

    Parameters
    ----------
    base
        Folder of the base model.
    layers
        Layers of a tuner to append, or none.
    out
        Output folder; created if it does not exist.
    query_route
        Layers for queries only, or none.
    onnx
        Whether to export the ONNX file, which takes about 2 s; one in the home is always copied.

    Raises
    ------
    UsageError
        A layer's input dimension does not match the output before it.
    OutputError
        The files cannot be written.

    Examples
    --------
    >>> from tunesmith.encoders import bundled_folder
    >>> write_encoder(bundled_folder(), [], Path("copy"))
    >>> Path("copy/modules.json").is_file()
    True
    """
    save_with_layers(base, layers, out)
    if query_route:
        add_query_route(out, query_route)
    if describe(out).static:
        return
    found = find_export(out, folder_digest(out))
    if isinstance(found, Export):  # the home has an export of the same weights
        shutil.copytree(found.folder, out / FOLDER, ignore=shutil.ignore_patterns("int8"))
    elif onnx:
        export(out, out / FOLDER)
