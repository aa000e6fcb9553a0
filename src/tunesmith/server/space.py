"""What a server keeps on disk: sizes by part, and the parts that can be made again."""

import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tunesmith.encoders.cache.vector_cache import VectorCache
from tunesmith.home import Home
from tunesmith.server.settings import ServerSettings


class Part(StrEnum):
    """A part of the home that is made again when it is needed."""

    VECTORS = "vectors"
    MAPS = "maps"
    COMPARISONS = "comparisons"


@dataclass(frozen=True)
class SpaceLine:
    """A part of the home.

    Parameters
    ----------
    title
        What it is.
    bytes
        Its size.
    number
        Number of things in it; None if that says nothing.
    part
        Its name if it can be deleted; None if not.
    """

    title: str
    bytes: int
    number: int | None = None
    part: Part | None = None


@dataclass(frozen=True)
class Space:
    """The disk space of a server: its parts, and the free bytes of the disk."""

    lines: tuple[SpaceLine, ...]
    free: int
    folder: Path

    @property
    def total(self) -> int:
        """Bytes of all parts."""
        return sum(line.bytes for line in self.lines)


def disk_space(settings: ServerSettings) -> Space:
    """Return what a server keeps in its home.

    Examples
    --------
    >>> [line.title for line in disk_space(ServerSettings()).lines][:2]
    ['Data sets', 'Models']
    """
    home, own, files = settings.home, settings.folder, Path(settings.files_url)
    models = (files / "models", home.models)
    with home.active():
        vectors = VectorCache().info()
    lines = (
        SpaceLine("Data sets", folder_size(files / "datasets"), _entries(files / "datasets")),
        SpaceLine("Models", sum(map(folder_size, models)), sum(map(_entries, models))),
        SpaceLine("Unfinished fits", folder_size(own / "jobs") + folder_size(home.work)),
        SpaceLine("Metadata", sum(each.stat().st_size for each in own.glob("*.db*"))),
        SpaceLine("ONNX files", folder_size(home.exports), _entries(home.exports)),
        SpaceLine(
            "Cached vectors",
            vectors.bytes + folder_size(home.vectors),
            vectors.entries + _entries(home.vectors),
            Part.VECTORS,
        ),
        SpaceLine("Maps", folder_size(home.maps), _entries(home.maps), Part.MAPS),
        SpaceLine(
            "Comparisons",
            folder_size(home.comparisons),
            _entries(home.comparisons),
            Part.COMPARISONS,
        ),
    )
    return Space(lines, shutil.disk_usage(own).free, home.folder)


def clear(home: Home, part: Part) -> None:
    """Delete a part of the home that is made again when it is needed."""
    folders = {
        Part.VECTORS: home.vectors,
        Part.MAPS: home.maps,
        Part.COMPARISONS: home.comparisons,
    }
    shutil.rmtree(folders[part], ignore_errors=True)
    if part is Part.VECTORS:
        with home.active():
            VectorCache().clear()


def folder_size(folder: Path) -> int:
    """Return the bytes of all files in a folder; 0 without one."""
    size = 0
    for path in folder.rglob("*") if folder.is_dir() else ():
        try:
            size += path.lstat().st_size
        except FileNotFoundError:
            continue  # deleted in between
    return size


def _entries(folder: Path) -> int:
    if not folder.is_dir():
        return 0
    return sum(not each.name.startswith(".") for each in folder.iterdir())
