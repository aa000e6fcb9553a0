"""A digest of the model files that affect its vectors."""

import hashlib
import json
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tunesmith.errors import DamagedModel
from tunesmith.folders import file_digest

_WEIGHTS = {".bin", ".pt", ".pth", ".safetensors"}
_TEXTS = {".jinja", ".json", ".model", ".py", ".spm", ".tiktoken", ".txt", ".vocab"}
# Other files that Tunesmith and training scripts put into a model folder.
_OTHER_FILES = {
    "base_classifier.safetensors",
    "classifier.json",
    "classifier.safetensors",
    "data_config.json",
    "eval_results.json",
    "familiar.safetensors",
    "labels.json",
    "requirements.txt",
    "seen.safetensors",
    "trainer_state.json",
    "training_args.bin",
    "tunesmith.json",
}


def vector_files(folder: str | Path) -> list[Path]:
    """Return the files of a model folder that affect its vectors, sorted.

    These are weights, tokenizer, configuration and code in the folder and in the module folders
    listed in ``modules.json``, but not its card, report, classifier or exports.

    Raises
    ------
    DamagedModel
        ``modules.json`` or a folder it names cannot be read.
    """
    root = Path(folder)
    found = [*_select(root.iterdir())]
    for name in module_folders(root):
        if name not in {"", "."}:
            found += _select((root / name).rglob("*"))
    return sorted(found)


def module_folders(folder: Path) -> list[str]:
    """Return the folders of a model's modules as ``modules.json`` lists them; ``""`` is the root.

    A folder without ``modules.json`` is one module in the root.
    """
    listing = folder / "modules.json"
    if not listing.is_file():
        return [""]
    try:
        return [str(module["path"]) for module in json.loads(listing.read_text("utf-8"))]
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedModel(
            f"{listing} is not a valid list of modules ({error})", hint="download the model again"
        ) from error


def _select(paths: Iterator[Path]) -> list[Path]:
    files = [
        path
        for path in paths
        if path.suffix in _WEIGHTS | _TEXTS and path.name not in _OTHER_FILES and path.is_file()
    ]
    with_safetensors = {path.parent for path in files if path.suffix == ".safetensors"}
    # If both formats of the weights exist, only safetensors is read.
    return [path for path in files if path.suffix != ".bin" or path.parent not in with_safetensors]


def folder_digest(folder: str | Path) -> str:
    """Return the SHA-256 of the files that affect the vectors, in hexadecimal.

    It covers only relative paths and contents, so it is the same on every machine. Files already
    read by this process are read again only if they have changed.

    Raises
    ------
    DamagedModel
        A file cannot be read.

    Examples
    --------
    >>> from tunesmith.encoders import bundled_folder
    >>> len(folder_digest(bundled_folder()))
    64
    """
    root = Path(folder)
    digest = hashlib.sha256()
    try:
        for path in vector_files(root):
            digest.update(f"{path.relative_to(root).as_posix()}\0{cached_digest(path)}\n".encode())
    except OSError as error:
        raise DamagedModel(f"{error.filename or root} cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def cached_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file in hexadecimal, cached until the file changes."""
    full = os.path.abspath(path)  # noqa: PTH100 - this runs for every file at every encode
    state = os.stat(full)  # noqa: PTH116 - as above
    return _content_digest(full, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=4096)
def _content_digest(path: str, size: int, changed: int) -> str:  # noqa: ARG001 - part of the key
    return file_digest(Path(path))
