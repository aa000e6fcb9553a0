"""One digest for all the files of a model that decide its vectors."""

import hashlib
import json
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tunesmith.errors import DamagedModel

_WEIGHTS = {".bin", ".pt", ".pth", ".safetensors"}
_TEXTS = {".jinja", ".json", ".model", ".py", ".spm", ".tiktoken", ".txt", ".vocab"}
# What Tunesmith and training scripts leave in a model folder beside the model.
_BESIDE = {
    "classifier.json",
    "classifier.safetensors",
    "data_config.json",
    "eval_results.json",
    "labels.json",
    "requirements.txt",
    "trainer_state.json",
    "training_args.bin",
    "tunesmith.json",
}


def vector_files(folder: str | Path) -> list[Path]:
    """Return the files of a model folder that decide its vectors, sorted.

    These are weights, tokenizer, configuration and code in the folder itself and in the folders
    that its ``modules.json`` names; not its card, report, classifier or exports.

    Raises
    ------
    DamagedModel
        ``modules.json`` or a folder it names cannot be read.
    """
    root = Path(folder)
    found = [*_deciding(root.iterdir())]
    for name in module_folders(root):
        if name not in {"", "."}:
            found += _deciding((root / name).rglob("*"))
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
            f"{listing} is not the list of modules it should be ({error}): fetch the model again"
        ) from error


def _deciding(paths: Iterator[Path]) -> list[Path]:
    files = [
        path
        for path in paths
        if path.suffix in _WEIGHTS | _TEXTS and path.name not in _BESIDE and path.is_file()
    ]
    with_safetensors = {path.parent for path in files if path.suffix == ".safetensors"}
    # Where both forms of the weights lie side by side, only safetensors is ever read.
    return [path for path in files if path.suffix != ".bin" or path.parent not in with_safetensors]


def folder_digest(folder: str | Path) -> str:
    """Return the SHA-256 of the files that decide the vectors, in hexadecimal.

    It covers relative paths and contents and nothing else, so it is the same on every machine.
    Files that were read before in this process and have not changed since are not read again.

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
    whole = hashlib.sha256()
    try:
        for path in vector_files(root):
            whole.update(f"{path.relative_to(root).as_posix()}\0{file_digest(path)}\n".encode())
    except OSError as error:
        raise DamagedModel(f"{error.filename or root} cannot be read: {error.strerror}") from error
    return whole.hexdigest()


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file in hexadecimal, remembered until it changes."""
    full = os.path.abspath(path)  # noqa: PTH100 - this runs for every file at every encode
    state = os.stat(full)  # noqa: PTH116 - as above
    return _content_digest(full, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=4096)
def _content_digest(path: str, size: int, changed: int) -> str:  # noqa: ARG001 - part of the key
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
