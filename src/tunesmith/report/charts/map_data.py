"""The texts, labels and models of a map."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.encoders.model_files.locate import locate
from tunesmith.errors import UnknownModel, UnreadableFile, UsageError
from tunesmith.kinds import KINDS, Kind
from tunesmith.models.folder import read_metadata
from tunesmith.models.model import find
from tunesmith.wording import name_only

if TYPE_CHECKING:
    from tunesmith.data.loaded import Loaded


MOST_MODELS = 4


@dataclass(frozen=True)
class MapPanel:
    """A model to draw, and the title over it."""

    model: str
    title: str


@dataclass(frozen=True)
class MapTexts:
    """The texts to draw, their labels, and how many texts the file has."""

    texts: list[str]
    labels: list[str] | None
    of: int


def map_panels(models: Sequence[str]) -> list[MapPanel]:
    """Return what to draw, all of it there: a fitted model alone stands beside its base."""
    if len(models) > MOST_MODELS:
        raise UsageError(f"a picture shows at most {MOST_MODELS} models, not {len(models)}")
    if len(set(models)) < len(models):
        raise UsageError("a model is named twice: name each once")
    bases = [_base(name) for name in models]
    names = [name_only(name) for name in models]
    if len(models) > 1 or bases[0] is None:
        alike = len(set(names)) < len(names)
        return [
            MapPanel(name, name if alike else short)
            for name, short in zip(models, names, strict=True)
        ]
    after = MapPanel(models[0], f"After: {names[0]}")
    try:
        locate(bases[0])
    except UnknownModel:  # it was fitted on another machine, on a base that only lies there
        return [after]
    return [MapPanel(bases[0], f"Before: {name_only(bases[0])}"), after]


def _base(name: str) -> str | None:
    """Return the base of a fitted model, None for a model that is there and was not fitted."""
    try:
        return str(read_metadata(find(name))["summary"]["base"])
    except UnknownModel:
        locate(name)
        return None


def map_texts(source: Path, column: str | None, label_column: str | None, limit: int) -> MapTexts:
    """Return at most ``limit`` texts of a file, evenly spread, with their labels if any."""
    loaded = read(source)
    if column is None:
        column, label_column = _detected(loaded, label_column)
    every = _cells(loaded, column)
    labels = None if label_column is None else _cells(loaded, label_column)
    filled = [place for place, text in enumerate(every) if text.strip()]
    if not filled:
        raise UnreadableFile(f"column {column!r} of {loaded.name} holds no texts")
    spread = np.linspace(0, len(filled) - 1, min(limit, len(filled))).round().astype(int)
    places = [filled[place] for place in spread]
    return MapTexts(
        [every[place] for place in places],
        None if labels is None else [labels[place] for place in places],
        len(filled),
    )


def check_clusters(clusters: int | None, texts: Sequence[str]) -> None:
    """Refuse more clusters than there are distinct texts."""
    distinct = len(set(texts))
    if clusters is not None and clusters > distinct:
        raise UsageError(f"--clusters {clusters} is more than the {distinct} different texts")


def _detected(loaded: "Loaded", label_column: str | None) -> tuple[str, str | None]:
    detected = detect(loaded)
    roles = KINDS[detected.kind].text_roles
    if not roles:
        raise UsageError(f"{loaded.name} is a {detected.kind} folder: give a file of texts")
    found = detected.columns.get("label") if detected.kind is Kind.LABELLED else None
    return detected.columns[roles[0]], label_column or found


def _cells(loaded: "Loaded", column: str) -> list[str]:
    names = loaded.table.column_names
    if column not in names:
        raise UsageError(f"{loaded.name} has no column {column!r}: it has {', '.join(names)}")
    values = loaded.table[column].to_pylist()
    return ["" if value is None else str(value) for value in values]
