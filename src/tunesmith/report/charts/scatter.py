"""Scatter plots of the test set as SVG marks with a legend."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tunesmith.report.charts.map_names import Anchor, MapName, place_names
from tunesmith.results.evidence import Evidence, Maps
from tunesmith.results.summary import ClassChange
from tunesmith.wording import clean, cut

WIDTH, HEIGHT, MARGIN = 480, 380, 14
COLOURS = 10
MAX_CLASSES = 20
MAX_POINTS = 3000
# How far above the middle of its class a name is drawn, so that it covers fewer marks.
NAME_OFFSET = 12
TOOLTIP_CHARACTERS = 1_100_000
SHAPES = ("circle", "triangle", "square", "diamond", "cross")
OTHERS = "all other classes"


@dataclass(frozen=True)
class Key:
    """A legend entry; ``slot`` is the index of the colour, None for grey."""

    label: str
    slot: int | None
    shape: str
    count: int


@dataclass(frozen=True)
class Mark:
    """A text with its position and tooltip."""

    x: str
    y: str
    tip: str


@dataclass(frozen=True)
class Series:
    """The marks of one legend entry."""

    key: Key
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Panel:
    """One plot, with the names of the coloured classes."""

    series: tuple[Series, ...]
    names: tuple[MapName, ...]


@dataclass(frozen=True)
class MapRow:
    """One projection of the test set before and after, or one panel if nothing changed."""

    title: str
    note: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class MapView:
    """Data for the maps of the report."""

    rows: tuple[MapRow, ...]
    keys: tuple[Key, ...]
    hint: str
    radius: float
    shown: int
    of: int


def map_view(evidence: Evidence, classes: Sequence[ClassChange]) -> MapView | None:
    """Return the maps of the test set, or None without maps.

    Up to 20 classes each have a colour and a shape. With more, the 10 whose F1 changed most are
    coloured and the rest are grey; for multi-label data, the 10 most common label sets. At most
    3,000 evenly sampled texts are drawn.
    """
    maps = evidence.maps
    if maps is None or not len(maps.items):
        return None
    layout = _Layout(evidence, maps, tuple(classes))
    rows = (
        MapRow(
            "Neighbours (UMAP)",
            "Texts close together have similar embeddings, and a text is in the same place on both "
            "maps unless its neighbours changed. Distances between separate groups mean little.",
            layout.panels(maps.near_base, maps.near_tuned, common_frame=True),
        ),
        MapRow(
            "Distances (PCA)",
            "The two directions of largest variance, on one scale. "
            "Distances on the map approximate distances between embeddings.",
            layout.panels(maps.pca_base, maps.pca_tuned, common_frame=False),
        ),
    )
    shown = len(layout.chosen)
    return MapView(rows, layout.keys, layout.hint, layout.radius, shown, len(evidence.texts))


@dataclass(frozen=True, eq=False)
class _Layout:
    evidence: Evidence
    maps: Maps
    classes: tuple[ClassChange, ...]
    chosen: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        available = len(self.maps.items)
        sampled = np.linspace(0, available - 1, min(available, MAX_POINTS)).round()
        object.__setattr__(self, "chosen", sampled.astype(np.int64))

    @cached_property
    def labels(self) -> list[str]:
        items = self.maps.items[self.chosen]
        return [clean(self.evidence.true_labels[item]) or "no label" for item in items]

    @cached_property
    def tips(self) -> list[str]:
        """The tooltips, shortened to limit the size of the page."""
        longest = max(40, min(200, TOOLTIP_CHARACTERS // (4 * len(self.chosen))))
        texts = (self.evidence.texts[item] for item in self.maps.items[self.chosen])
        return [
            f"{cut(text, longest)} \N{MIDDLE DOT} {cut(label, 60)}"
            for text, label in zip(texts, self.labels, strict=True)
        ]

    @property
    def radius(self) -> float:
        return 4.8 if len(self.chosen) <= 300 else 3.6 if len(self.chosen) <= 1000 else 2.4

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        counts = Counter(self.labels)
        crowded = len(counts) > MAX_CLASSES
        coloured = self._most_changed(counts) if crowded else sorted(counts)
        keys = tuple(
            Key(name, slot % COLOURS, "circle" if crowded else _shape(slot), counts[name])
            for slot, name in enumerate(coloured)
        )
        rest = len(self.labels) - sum(key.count for key in keys)
        return (*keys, Key(OTHERS, None, "circle", rest)) if rest else keys

    @cached_property
    def _change(self) -> dict[str, float]:
        return {clean(one.label): abs(one.f1.difference) for one in self.classes}

    @property
    def hint(self) -> str:
        """How the coloured classes were chosen; empty if all are coloured."""
        if self.keys[-1].slot is not None:
            return ""
        by_change = all(key.label in self._change for key in self.keys[:-1])
        chosen = "classes whose F1 changed most" if by_change else "most common sets of labels"
        return f"Coloured: the {chosen}. All others are grey."

    def _most_changed(self, counts: Counter[str]) -> list[str]:
        change = self._change
        ranked = sorted(counts, key=lambda name: (-change.get(name, 0.0), -counts[name], name))
        return ranked[:COLOURS]

    def panels(
        self, base: NDArray[np.float32], tuned: NDArray[np.float32], *, common_frame: bool
    ) -> tuple[Panel, ...]:
        """Return the panels before and after on one scale; one panel if they are the same.

        With a common frame they are centred together, so that a place is the same on both.
        """
        same = np.array_equal(base, tuned)
        sets = [_finite(points[self.chosen]) for points in ((base,) if same else (base, tuned))]
        middles = [_middle_of(points) for points in sets]
        if common_frame:
            middles = [_middle_of(np.concatenate(sets))] * len(sets)
        centred = [points - middle for points, middle in zip(sets, middles, strict=True)]
        scale = _scale(np.concatenate(centred))
        return tuple(self._panel(points, scale) for points in centred)

    def _panel(self, points: NDArray[np.float64], scale: float) -> Panel:
        series = self._series(points, scale)
        return Panel(series, place_names(self._anchors(series), WIDTH, HEIGHT))

    def _anchors(self, series: Sequence[Series]) -> list[Anchor]:
        """Return the middle of each coloured class, the largest class first."""
        coloured = [one for one in series if one.key.slot is not None and one.marks]
        middles = [_middle(one.marks) for one in coloured]
        anchors = [
            Anchor(self.keys.index(one.key) + 1, one.key.label, x, y - NAME_OFFSET)
            for one, (x, y) in zip(coloured, middles, strict=True)
        ]
        return sorted(anchors, key=lambda anchor: -self.keys[anchor.number - 1].count)

    def _series(self, points: NDArray[np.float64], scale: float) -> tuple[Series, ...]:
        """Return the series, the grey one first so that it is drawn below the others."""
        known = {key.label: index for index, key in enumerate(self.keys)}
        marks: list[list[Mark]] = [[] for _ in self.keys]
        for (x, y), label, tip in zip(points, self.labels, self.tips, strict=True):
            mark = Mark(_position(x, scale, WIDTH), _position(-y, scale, HEIGHT), tip)
            marks[known.get(label, -1)].append(mark)
        drawn = [Series(key, tuple(own)) for key, own in zip(self.keys, marks, strict=True)]
        return tuple(sorted(drawn, key=lambda series: series.key.slot is not None))


def _middle(marks: Sequence[Mark]) -> tuple[float, float]:
    """Return the median of each coordinate, which distant texts of a class do not move."""
    x, y = np.median([(float(mark.x), float(mark.y)) for mark in marks], axis=0).tolist()
    return round(x, 1), round(y, 1)


def _shape(slot: int) -> str:
    """Return a shape that differs between neighbours and between equal colours."""
    return SHAPES[(slot + slot // COLOURS) % len(SHAPES)]


def _finite(points: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(np.nan_to_num(points.astype(np.float64)))


def _middle_of(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((points.min(axis=0) + points.max(axis=0)) / 2)


def _scale(points: NDArray[np.float64]) -> float:
    """Return the number of drawing units per unit of the map."""
    reach = np.maximum(np.abs(points).max(axis=0), 1e-9)
    return float(((np.array([WIDTH, HEIGHT]) / 2 - MARGIN) / reach).min())


def _position(value: float, scale: float, size: int) -> str:
    return f"{value * scale + size / 2:.1f}".removesuffix(".0")
