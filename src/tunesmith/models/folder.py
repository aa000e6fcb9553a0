"""A model folder on disk: what a fit leaves, written whole or not at all, verified when loaded.

The folder is a plain sentence-transformers folder and works without Tunesmith. Beside it lie
``tunesmith.json`` (what was done and proven, digests of all files), ``classifier.safetensors``,
``report.html`` and ``README.md``.
"""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tunesmith.errors import DamagedModel, OutputError
from tunesmith.folders import replacing
from tunesmith.vectors.linear_classifier import LinearClassifier, save_classifier

FORMAT_VERSION = 1
METADATA = "tunesmith.json"


def model_id(source: str, fingerprint: str) -> str:
    """Return a folder name made of a file's name and a digest; safe as a path on any system.

    Examples
    --------
    >>> model_id("../My Tickets.csv", "3f2a1c9e")
    'my-tickets-3f2a1c'
    """
    stem = Path(source).name.split(".")[0].lower()
    slug = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:40] or "model"
    return f"{slug}-{fingerprint[:6]}"


def save(
    out: Path,
    *,
    encoder: Path,
    classifier: LinearClassifier | None,
    summary: Mapping[str, Any],
    write_pages: Callable[[Path], None],
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write a model folder: aside first, then renamed into place.

    Parameters
    ----------
    out
        The folder to write; an earlier model there is replaced.
    encoder
        A sentence-transformers folder, with its ONNX file or without; it is copied.
    classifier
        The classifier over the vectors, if there is one.
    summary
        What the fit found, as JSON values.
    write_pages
        Writes the report and the card into the folder that it is given.
    details
        Written beside the summary, as JSON values.

    Raises
    ------
    OutputError
        When it cannot be written; nothing is left behind.
    """
    check_writable(out)
    with replacing(out) as aside:
        shutil.copytree(encoder, aside, dirs_exist_ok=True)
        metadata: dict[str, Any] = {"format": FORMAT_VERSION, "summary": dict(summary)}
        metadata |= details or {}
        if classifier is not None:
            metadata["classifier"] = save_classifier(aside, classifier)
        # The pages may be edited afterwards; what decides vectors and labels may not.
        metadata["files"] = {name: _digest(aside / name) for name in _files(aside)}
        write_pages(aside)
        text = json.dumps(metadata, indent=1, ensure_ascii=False)
        (aside / METADATA).write_text(text + "\n", encoding="utf-8")


def read_metadata(path: Path) -> dict[str, Any]:
    """Return what ``tunesmith.json`` in a model folder says, its form checked."""
    try:
        metadata = json.loads((path / METADATA).read_text(encoding="utf-8"))
        version, files, summary = metadata["format"], metadata["files"], metadata["summary"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedModel(f"{path / METADATA} cannot be read: {error}") from error
    if version != FORMAT_VERSION:
        raise DamagedModel(
            f"{path / METADATA} has format {version}, this Tunesmith reads {FORMAT_VERSION}: "
            "fit the model again, or use the version that wrote it"
        )
    if not isinstance(files, dict) or not isinstance(summary, dict):
        raise DamagedModel(f"{path / METADATA} is not what a fit writes: fit the model again")
    return dict(metadata)


def check_writable(out: Path) -> None:
    """Refuse an output folder that holds something else, or that cannot be written.

    Raises
    ------
    OutputError
        Naming the folder and the reason.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file: give a folder that is new or holds a model")
    if out == Path.cwd():
        raise OutputError(f"{out} is the folder you are in: give a new one, such as ./model")
    if out.is_dir() and any(out.iterdir()) and not (out / METADATA).is_file():
        raise OutputError(f"{out} holds something that is no model: give a new folder")
    nearest = next(parent for parent in out.absolute().parents if parent.exists())
    try:
        with tempfile.TemporaryDirectory(dir=nearest, prefix=".tunesmith-"):
            pass
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror}") from error


def _files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(folder: Path, digests: Mapping[str, str]) -> None:
    """Compare the files of a model folder with the digests that were written with it.

    Raises
    ------
    DamagedModel
        A file is missing or was changed; it is named.
    """
    present = set(_files(folder))
    for name, digest in digests.items():
        if name not in present:
            raise DamagedModel(f"{folder / name} is missing: fit the model again or restore it")
        if _digest(folder / name) != digest:
            raise DamagedModel(
                f"{folder / name} was changed after it was written: "
                "fit the model again or restore it"
            )
