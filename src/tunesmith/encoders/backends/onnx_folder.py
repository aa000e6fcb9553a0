"""An ONNX file of a whole model, with all that is needed to run it, and where it lies.

A folder ``onnx`` holds ``model.onnx`` (token numbers in, the text's vector out),
``tokenizer.json`` and ``runtime.json``. It lies in the model's own folder, or, for a model that is
not ours to write to, in Tunesmith's home.
"""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from tunesmith.errors import DamagedModel
from tunesmith.home import exports_folder

MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
RUNTIME = "runtime.json"
FOLDER = "onnx"
Weights = Literal["float32", "int8"]
_PLACES: dict[Weights, str] = {"float32": "", "int8": "int8"}


@dataclass(frozen=True)
class Runtime:
    """What must be known to run an exported model as the model itself runs.

    Parameters
    ----------
    digest
        Of the model folder that it was made from.
    dimension
        The width of the vectors.
    pad_id, pad_type_id
        What padding is filled with: token number and type.
    padding_side, truncation_side
        ``"left"`` or ``"right"``.
    difference
        The largest difference between a number of a vector and torch's, seen when it was made.
    cosine
        The mean cosine of its vectors with torch's.
    """

    digest: str
    dimension: int
    pad_id: int
    pad_type_id: int
    padding_side: str
    truncation_side: str
    difference: float = 0.0
    cosine: float = 1.0

    def write(self, folder: Path) -> None:
        """Write it into the folder of the export."""
        (folder / RUNTIME).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Refusal:
    """Why a model cannot be run from an ONNX file."""

    reason: str

    def write(self, folder: Path) -> None:
        """Write it where the export would have lain, so that it is not tried again."""
        (folder / RUNTIME).write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Export:
    """An exported model on disk."""

    folder: Path
    runtime: Runtime


def find_export(
    folder: Path, digest: str, precision: Weights = "float32"
) -> Export | Refusal | None:
    """Return the export of a model, or why there can be none, or None where none was tried.

    Parameters
    ----------
    folder
        The model's folder.
    digest
        Its digest: an export of other weights does not count.
    precision
        Of its weights.

    Raises
    ------
    DamagedModel
        An export is there and cannot be read.
    """
    for place in (folder / FOLDER / _PLACES[precision], home_export(digest, precision)):
        found = _read(place)
        if isinstance(found, Refusal):
            return found
        if found is not None and found.digest == digest and (place / MODEL).is_file():
            return Export(place, found)
    return None


def home_export(digest: str, precision: Weights = "float32") -> Path:
    """Return the folder in Tunesmith's home where the export of a model belongs."""
    return exports_folder() / digest / _PLACES[precision]


@dataclass(frozen=True)
class HomeExports:
    """The exports in Tunesmith's home: of how many models, and their size on disk."""

    models: int
    bytes: int


def home_exports() -> HomeExports:
    """Return what there is of exports in Tunesmith's home."""
    files = [path for path in exports_folder().rglob("*") if path.is_file()]
    models = sum((path / RUNTIME).is_file() for path in exports_folder().glob("[!.]*/"))
    return HomeExports(models, sum(path.stat().st_size for path in files))


def clear_home_exports() -> None:
    """Remove the exports in Tunesmith's home; each is made again when it is needed."""
    shutil.rmtree(exports_folder(), ignore_errors=True)


def _read(place: Path) -> Runtime | Refusal | None:
    path = place / RUNTIME
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text("utf-8"))
        return Refusal(content["reason"]) if "reason" in content else Runtime(**content)
    except (ValueError, TypeError) as error:
        raise DamagedModel(f"{path} cannot be read ({error}): remove {place}") from error
