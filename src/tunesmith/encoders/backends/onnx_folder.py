"""The folder of an ONNX export, with everything that is needed to run it.

A folder ``onnx`` holds ``model.onnx`` (token ids in, text vector out), ``tokenizer.json`` and
``runtime.json``. It is in the model's own folder, or in Tunesmith's home for a model whose folder
must not be changed.
"""

import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from tunesmith.encoders.model_files.description import describe, truncated_width
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.errors import DamagedModel
from tunesmith.home import current_home

MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
RUNTIME = "runtime.json"
FOLDER = "onnx"
Weights = Literal["float32", "int8"]
_SUBFOLDERS: dict[Weights, str] = {"float32": "", "int8": "int8"}


@dataclass(frozen=True)
class Runtime:
    """Parameters needed to run an exported model like the original.

    Parameters
    ----------
    digest
        Digest of the original model folder.
    dimension
        Number of dimensions of the vectors.
    pad_id, pad_type_id
        Token id and token type for padding.
    padding_side, truncation_side
        ``"left"`` or ``"right"``.
    difference
        Largest absolute difference between its vectors and torch's, measured at export.
    cosine
        Mean cosine between its vectors and torch's.
    quantized
        Whether the weights have 8 bits, and activations are quantised for each batch.
    """

    digest: str
    dimension: int
    pad_id: int
    pad_type_id: int
    padding_side: str
    truncation_side: str
    difference: float = 0.0
    cosine: float = 1.0
    quantized: bool = False

    def write(self, folder: Path) -> None:
        """Write the parameters into the folder of the export."""
        (folder / RUNTIME).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Refusal:
    """The reason why a model cannot be run from an ONNX file."""

    reason: str

    def write(self, folder: Path) -> None:
        """Write the reason in place of the export, so that it is not tried again."""
        (folder / RUNTIME).write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Export:
    """An exported model on disk."""

    folder: Path
    runtime: Runtime


def find_export(
    folder: Path, digest: str, precision: Weights = "float32"
) -> Export | Refusal | None:
    """Return the export of a model, the reason why it has none, or None if none was tried.

    Parameters
    ----------
    folder
        Folder of the model.
    digest
        Digest of the model; exports of other weights are ignored.
    precision
        Precision of the weights.

    Raises
    ------
    DamagedModel
        An export exists but cannot be read.
    """
    cut = truncated_width(folder)
    for export_folder in (folder / FOLDER / _SUBFOLDERS[precision], home_export(digest, precision)):
        found = _read(export_folder)
        if isinstance(found, Refusal):
            return found
        if (
            found is not None
            and found.digest == digest
            and found.dimension <= (cut or found.dimension)  # earlier versions did not truncate
            and (export_folder / MODEL).is_file()
        ):
            return Export(export_folder, replace(found, quantized=precision == "int8"))
    return None


def lacks_export(folder: Path, precision: Weights = "float32") -> bool:
    """Return whether a model that could have an ONNX file has none yet."""
    described = describe(folder)
    if described.static or described.routed:
        return False
    return find_export(folder, folder_digest(folder), precision) is None


def home_export(digest: str, precision: Weights = "float32") -> Path:
    """Return the folder in Tunesmith's home for the export of a model."""
    return current_home().exports / digest / _SUBFOLDERS[precision]


@dataclass(frozen=True)
class HomeExports:
    """The exports in Tunesmith's home: number of models and size on disk."""

    models: int
    bytes: int


def home_exports() -> HomeExports:
    """Return the number and size of the exports in Tunesmith's home."""
    files = [path for path in current_home().exports.rglob("*") if path.is_file()]
    models = sum((path / RUNTIME).is_file() for path in current_home().exports.glob("[!.]*/"))
    return HomeExports(models, sum(path.stat().st_size for path in files))


def clear_home_exports() -> None:
    """Delete the exports in Tunesmith's home; each is created again when it is needed."""
    shutil.rmtree(current_home().exports, ignore_errors=True)


def _read(export_folder: Path) -> Runtime | Refusal | None:
    path = export_folder / RUNTIME
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text("utf-8"))
        return Refusal(content["reason"]) if "reason" in content else Runtime(**content)
    except (ValueError, TypeError) as error:
        raise DamagedModel(
            f"{path} cannot be read ({error})", hint=f"delete {export_folder}"
        ) from error
