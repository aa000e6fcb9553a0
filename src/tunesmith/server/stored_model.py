"""A model that the server knows, and what its files say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import DamagedModel
from tunesmith.models.folder import METADATA, read_metadata

_OF_A_BASE: Final = ("modules.json", "config.json")


@dataclass(frozen=True)
class StoredModel:
    """A model that can be called.

    Parameters
    ----------
    id
        The id that requests name.
    name
        The name that people see.
    source
        ``"fit"`` for a model of this server, ``"home"`` for one fitted elsewhere in the same home,
        ``"bundled"`` for the base, ``"folder"`` for another base in the folder of models.
    created_at
        Seconds since 1970.
    metadata
        The content of ``tunesmith.json``; for a base, at most its files.
    aliases
        The aliases that stand for it.
    dataset_id
        The data set that it was fitted on, or None.
    damage
        Why its files cannot be read; None if they can.
    """

    id: str
    name: str
    source: str
    created_at: float
    metadata: Mapping[str, Any]
    aliases: tuple[str, ...] = ()
    dataset_id: str | None = None
    damage: str | None = None

    @property
    def is_base(self) -> bool:
        """Whether it was not made by a fit: fits start from it."""
        return self.source in {"bundled", "folder"}

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of its classifier; empty if there is none."""
        return tuple((self.metadata.get("classifier") or {}).get("labels", ()))

    @property
    def summary(self) -> Mapping[str, Any]:
        """The summary of its fit, with verdict and metrics; empty if there was none."""
        found: Mapping[str, Any] = self.metadata.get("summary") or {}
        return found

    @property
    def damage_error(self) -> DamagedModel:
        """The error of a request for a damaged model."""
        return DamagedModel(
            f"model {self.id} is damaged: {self.damage}",
            hint="delete it, or restore its folder",
        )

    def with_aliases(self, known: Mapping[str, str]) -> "StoredModel":
        """Return the model with its aliases of all those that are known."""
        names = tuple(alias for alias, target in known.items() if target == self.id)
        return replace(self, aliases=names)


def bundled_model() -> StoredModel:
    """Return the bundled base."""
    return StoredModel(DEFAULT_BASE, DEFAULT_BASE, "bundled", 0.0, {})


def home_model(folder: Path) -> StoredModel:
    """Return a model that was fitted elsewhere in the same home."""
    changed = (folder / METADATA).stat().st_mtime
    metadata, damage = checked(folder, partial(stored_metadata, folder))
    return StoredModel(folder.name, folder.name, "home", changed, metadata, damage=damage)


def is_base_folder(folder: Path) -> bool:
    """Return whether a folder holds a sentence-transformers model that no fit has made."""
    named = any((folder / name).is_file() for name in _OF_A_BASE)
    return named and not (folder / METADATA).is_file() and not folder.name.startswith(".")


def base_folder(folder: Path) -> StoredModel:
    """Return a base that somebody has put into the folder of models; changed files are others."""
    found = {each: each.stat() for each in sorted(folder.rglob("*")) if each.is_file()}
    files = {
        str(each.relative_to(folder)): f"{stat.st_size} {stat.st_mtime_ns}"
        for each, stat in found.items()
    }
    changed = max(stat.st_mtime for stat in found.values())
    return StoredModel(folder.name, folder.name, "folder", changed, {"files": files})


def stored_metadata(folder: Path) -> dict[str, Any]:
    """Return the content of ``tunesmith.json``, which is read again only if it has changed.

    Raises
    ------
    DamagedModel
        It cannot be read.
    """
    path = folder / METADATA
    return _metadata(folder, path.stat().st_mtime if path.is_file() else 0.0)


@lru_cache(maxsize=1024)
def _metadata(folder: Path, _changed: float) -> dict[str, Any]:
    return read_metadata(folder)


def checked(folder: Path, read: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], str | None]:
    """Return the metadata of a model, and why its files cannot be read; loading checks digests."""
    try:
        metadata = read()
    except DamagedModel as error:
        return {}, error.message.replace(f"{folder}/", "")  # where it is concerns no client
    missing = next((name for name in metadata["files"] if not (folder / name).is_file()), None)
    return metadata, None if missing is None else f"{missing} is missing"
