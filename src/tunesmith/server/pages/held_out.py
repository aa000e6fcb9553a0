"""The held-out texts and pairs of a model, read once from its folder for several pages."""

from functools import lru_cache
from pathlib import Path

from tunesmith.models.held_out import PAIRS, TEXTS, read_held_out, read_held_out_pairs
from tunesmith.results.evidence import HeldOutText, PairEvidence
from tunesmith.server.models import ModelStore
from tunesmith.server.stored_model import StoredModel


def held_out_texts(models: ModelStore, model: StoredModel) -> tuple[HeldOutText, ...]:
    """Return the held-out texts of a model; none if it has none, or is damaged."""
    path = _path(models, model, TEXTS)
    return () if path is None else _texts(path, path.stat().st_mtime_ns)


def held_out_pairs(models: ModelStore, model: StoredModel) -> PairEvidence | None:
    """Return the held-out pairs or queries of a model; None if it has none, or is damaged."""
    path = _path(models, model, PAIRS)
    return None if path is None else _pairs(path, path.stat().st_mtime_ns)


def has_held_out_texts(models: ModelStore, model: StoredModel) -> bool:
    """Return whether a model has held-out texts, without reading them."""
    return _path(models, model, TEXTS) is not None


def _path(models: ModelStore, model: StoredModel, name: str) -> Path | None:
    if model.damage is not None:
        return None
    path = Path(models.folder_of(model)) / name
    return path if path.is_file() else None


@lru_cache(maxsize=2)
def _texts(path: Path, _changed: int) -> tuple[HeldOutText, ...]:
    return read_held_out(path.parent) or ()


@lru_cache(maxsize=2)
def _pairs(path: Path, _changed: int) -> PairEvidence | None:
    return read_held_out_pairs(path.parent)
