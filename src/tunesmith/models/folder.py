"""The model folder that a fit writes: saved atomically and verified when loaded.

It is a standard sentence-transformers folder and works without Tunesmith. It also contains
``tunesmith.json`` (the summary of the fit and digests of all files), ``classifier.safetensors``,
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
from tunesmith.folders import file_digest, replacing
from tunesmith.vectors.linear_classifier import LinearClassifier, save_classifier

FORMAT_VERSION = 1
METADATA = "tunesmith.json"


def model_id(source: str, fingerprint: str) -> str:
    """Return a folder name from a file name and a digest, valid on any operating system.

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
    """Write a model folder atomically.

    Parameters
    ----------
    out
        The output folder; an existing model in it is replaced.
    encoder
        A sentence-transformers folder to copy, with or without an ONNX file.
    classifier
        The classifier on the vectors, or None.
    summary
        The summary of the fit, as JSON values.
    write_pages
        A function that writes the report and the model card to the folder passed to it.
    details
        Additional metadata, as JSON values.

    Raises
    ------
    OutputError
        The folder cannot be written; no temporary files remain.

    Examples
    --------
    >>> encoder = Path(tempfile.mkdtemp())    # usually a sentence-transformers folder
    >>> out = Path(tempfile.mkdtemp()) / "model"
    >>> save(out, encoder=encoder, classifier=None, summary={}, write_pages=lambda folder: None)
    >>> [path.name for path in out.iterdir()]
    ['tunesmith.json']
    """
    check_writable(out, overwrite=True)
    with replacing(out) as folder:
        shutil.copytree(encoder, folder, dirs_exist_ok=True)
        metadata: dict[str, Any] = {"format": FORMAT_VERSION, "summary": dict(summary)}
        metadata |= details or {}
        if classifier is not None:
            metadata["classifier"] = save_classifier(folder, classifier)
        # Users may edit the pages, but not the files that determine vectors and labels.
        metadata["files"] = {name: file_digest(folder / name) for name in _files(folder)}
        write_pages(folder)
        text = json.dumps(metadata, indent=1, ensure_ascii=False)
        (folder / METADATA).write_text(text + "\n", encoding="utf-8")


def read_metadata(path: Path) -> dict[str, Any]:
    """Return the validated content of ``tunesmith.json`` in a model folder.

    Raises
    ------
    DamagedModel
        The file cannot be read, is invalid, or has another format version.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> content = {"format": FORMAT_VERSION, "files": {}, "summary": {"kind": "labelled"}}
    >>> _ = (folder / METADATA).write_text(json.dumps(content))
    >>> read_metadata(folder)["summary"]
    {'kind': 'labelled'}
    """
    try:
        metadata = json.loads((path / METADATA).read_text(encoding="utf-8"))
        version, files, summary = metadata["format"], metadata["files"], metadata["summary"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedModel(f"{path / METADATA} cannot be read: {error}") from error
    if version != FORMAT_VERSION:
        raise DamagedModel(
            f"{path / METADATA} has format version {version}, but this Tunesmith reads version "
            f"{FORMAT_VERSION}",
            hint="fit the model again, or use the Tunesmith version that wrote it",
        )
    if not isinstance(files, dict) or not isinstance(summary, dict):
        raise DamagedModel(
            f"{path / METADATA} is invalid", hint="fit the model again or restore it"
        )
    return dict(metadata)


def files_digest(metadata: Mapping[str, Any]) -> str:
    """Return the SHA-256 of all files that determine vectors and labels, hexadecimal.

    Parameters
    ----------
    metadata
        The content of ``tunesmith.json``, which has the digest of each file.

    Examples
    --------
    >>> files_digest({"files": {"model.safetensors": "3f2a1c"}})[:8]
    '03cc0616'
    """
    files = json.dumps(metadata["files"], sort_keys=True)
    return hashlib.sha256(files.encode()).hexdigest()


def check_writable(out: Path, *, overwrite: bool) -> None:
    """Raise an exception if the output folder cannot be written or contains other files.

    Parameters
    ----------
    out
        The output folder.
    overwrite
        Whether a model in it may be replaced.

    Raises
    ------
    OutputError
        The folder cannot be used; the message gives the reason.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(
            f"{out} is a file", hint="choose a new folder or one with a model to replace"
        )
    if out == Path.cwd():
        raise OutputError(f"{out} is the current folder", hint="choose a new one, such as ./model")
    if out.is_dir() and any(out.iterdir()) and not (out / METADATA).is_file():
        raise OutputError(f"{out} contains files that are not a model", hint="choose a new folder")
    if (out / METADATA).is_file() and not overwrite:
        raise OutputError(
            f"{out} holds a model already",
            hint="choose another folder, or set `overwrite=True`",
            option="overwrite",
        )
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


def verify(folder: Path, digests: Mapping[str, str]) -> None:
    """Compare the files of a model folder with the stored digests.

    Raises
    ------
    DamagedModel
        A file is missing or has changed; the message names it.
    """
    present = set(_files(folder))
    for name, digest in digests.items():
        if name not in present:
            raise DamagedModel(
                f"{folder / name} is missing", hint="fit the model again or restore it"
            )
        if file_digest(folder / name) != digest:
            raise DamagedModel(
                f"{folder / name} was changed after the model was saved",
                hint="fit the model again or restore it",
            )
