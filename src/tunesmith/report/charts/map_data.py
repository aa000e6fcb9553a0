"""Texts, labels and models for a map."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tunesmith.data.column_names import joined_text
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.encoders.model_files.locate import locate
from tunesmith.errors import UnknownModel, UnreadableFile, UsageError
from tunesmith.kinds import KINDS, Kind
from tunesmith.models.base import base_of
from tunesmith.models.model import metadata_of
from tunesmith.wording import name_only

if TYPE_CHECKING:
    from tunesmith.data.loaded import Loaded


MAX_MODELS = 4


@dataclass(frozen=True)
class MapPanel:
    """A model to plot and the title of its panel."""

    model: str
    title: str


@dataclass(frozen=True)
class MapTexts:
    """Texts to plot, their labels, the number of texts in the file, and its guessed encoding."""

    texts: list[str]
    labels: list[str] | None
    of: int
    guessed_encoding: str | None = None


def map_panels(models: Sequence[str]) -> list[MapPanel]:
    """Return the panels, after checking the models; a single fitted model gets its base too."""
    if len(models) > MAX_MODELS:
        raise UsageError(
            f"a plot shows at most {MAX_MODELS} models, not {len(models)}", option="models"
        )
    if len(set(models)) < len(models):
        raise UsageError("a model is given twice", hint="give each model once", option="models")
    bases = [_base(name) for name in models]
    names = [name_only(name) for name in models]
    if len(models) > 1 or bases[0] is None:
        ambiguous = len(set(names)) < len(names)
        return [
            MapPanel(name, name if ambiguous else short)
            for name, short in zip(models, names, strict=True)
        ]
    after = MapPanel(models[0], f"After: {names[0]}")
    try:
        locate(bases[0])
    except UnknownModel:  # the base is missing if the model was fitted on another machine
        return [after]
    return [MapPanel(bases[0], f"Before: {name_only(bases[0])}"), after]


def _base(name: str) -> str | None:
    """Return the base of a fitted model, or None for any other model."""
    metadata = metadata_of(name)
    if not metadata:
        locate(name)
    return base_of(metadata)


def map_texts(
    source: Path,
    column: str | None,
    label_column: str | None,
    limit: int,
    encoding: str | None = None,
) -> MapTexts:
    """Return at most ``limit`` evenly sampled texts of a file, with labels if available."""
    loaded = read(source, encoding=encoding)
    if column is None:
        column, label_column = _detected(loaded, label_column)
    all_texts = _cells(loaded, column)
    labels = None if label_column is None else _cells(loaded, label_column)
    filled = [index for index, text in enumerate(all_texts) if text.strip()]
    if not filled:
        raise UnreadableFile(f"column {column!r} of {loaded.name} holds no texts", column=column)
    spread = np.linspace(0, len(filled) - 1, min(limit, len(filled))).round().astype(int)
    rows = [filled[index] for index in spread]
    return MapTexts(
        [all_texts[row] for row in rows],
        None if labels is None else [labels[row] for row in rows],
        len(filled),
        loaded.guessed_encoding,
    )


def check_clusters(clusters: int | None, texts: Sequence[str]) -> None:
    """Raise UsageError for more clusters than distinct texts."""
    distinct = len(set(texts))
    if clusters is not None and clusters > distinct:
        raise UsageError(
            f"`clusters` is {clusters}, but there are only {distinct} distinct texts",
            option="clusters",
        )


def _detected(loaded: "Loaded", label_column: str | None) -> tuple[str, str | None]:
    detected = detect(loaded)
    roles = KINDS[detected.kind].text_roles
    if not roles:
        raise UsageError(f"{loaded.name} is a {detected.kind} folder", hint="give a file of texts")
    found = detected.columns.get("label") if detected.kind is Kind.LABELLED else None
    return detected.columns[roles[0]], label_column or found


def _cells(loaded: "Loaded", column: str) -> list[str]:
    names = loaded.table.column_names
    members = [column] if column in names else column.split("+")
    if not set(members) <= set(names):
        raise UsageError(
            f"{loaded.name} has no column {column!r}: it has {', '.join(names)}", column=column
        )
    rows = zip(*(loaded.table[name].to_pylist() for name in members), strict=True)
    return [joined_text(members, row) or "" for row in rows]
