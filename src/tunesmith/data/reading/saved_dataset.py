"""Read a folder that ``save_to_disk`` of Hugging Face's datasets wrote."""

import hashlib
from pathlib import Path
from typing import Final

import pyarrow as pa

from tunesmith.data.reading.hugging_face import dataset_table, is_split
from tunesmith.data.reading.in_memory import plain_table
from tunesmith.data.reading.lists_of_rows import split_note
from tunesmith.errors import UnreadableFile
from tunesmith.folders import file_digest

_SPLITS: Final = "dataset_dict.json"
_STATE: Final = "state.json"


def is_saved_dataset(path: Path) -> bool:
    """Return whether a path is a folder with a saved dataset, or with several splits of one."""
    single = (path / _STATE).is_file() and (path / "dataset_info.json").is_file()
    return path.is_dir() and (single or (path / _SPLITS).is_file())


def read_saved_dataset(path: Path) -> tuple[pa.Table, tuple[str, ...]]:
    """Return the rows of a saved dataset, and notes; of several splits, those of ``train``.

    Raises
    ------
    UnreadableFile
        The folder is damaged, or there are splits but no ``train``.
    """
    import datasets

    try:
        loaded = datasets.load_from_disk(str(path))
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        first_line = str(error).partition("\n")[0]
        raise UnreadableFile(
            f"{path.name} is a damaged folder of Hugging Face's datasets: {first_line}",
            hint="save it again with save_to_disk",
            file=path.name,
        ) from error
    if not is_split(loaded):
        return plain_table(dataset_table(loaded), path.name), ()
    if "train" not in loaded:
        names = ", ".join(loaded)
        raise UnreadableFile(
            f"{path.name} has the splits {names}, and no train",
            hint=f"pass the folder of one split, such as {path / next(iter(loaded), '')}",
            file=path.name,
        )
    note = split_note("train", list(loaded))
    return plain_table(dataset_table(loaded["train"]), path.name), (note,) if note else ()


def saved_digest(path: Path) -> str:
    """Return the SHA-256 of the paths and bytes of a saved dataset's files, hexadecimal."""
    digest = hashlib.sha256()
    for file in sorted(each for each in path.rglob("*") if each.is_file()):
        if file.suffix in (".arrow", ".json"):
            digest.update(f"{file.relative_to(path).as_posix()} {file_digest(file)}\n".encode())
    return digest.hexdigest()
