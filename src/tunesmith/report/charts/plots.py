"""Maps of embeddings as PNG, SVG or PDF files."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import get_font_names
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from tunesmith.errors import OutputError, UsageError
from tunesmith.evaluation.maps.before_after import FEWEST, aligned_maps
from tunesmith.evaluation.maps.clusters import Clusters, find_clusters
from tunesmith.evaluation.maps.projection import Method, drawn_by, project
from tunesmith.report.charts.annotations import annotate
from tunesmith.report.charts.map_names import Anchor, place_names
from tunesmith.wording import count, cut, number, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = (".png", ".svg", ".pdf")
MAX_PANELS = 4
MAX_ANNOTATED = 30
MAX_COLOURED = 20
COLOURS = (
    "#2f62d0", "#e58a00", "#c8362b", "#0d9a8f", "#6aa21f",
    "#d6429a", "#7a48d2", "#35a3e0", "#85573a", "#8c8a00",
)  # fmt: skip
MARKERS = ("o", "^", "s", "D", "P")
# Side of a panel in inches, and legend characters per inch.
SIDE, ANNOTATED_SIDE = 5.6, 7.6
# How far above the middle of its texts a name is written, in points.
RAISED = 12.0
DPI = 160
CHARACTERS_PER_INCH = 13
PlotMethod = Literal["aligned"] | Method
GREY = "#c4c1b8"
INK = "#1d1f24"
METHOD_NAMES: dict[Method, str] = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
# Marks are drawn in several rounds, so that no group covers all others.
ROUNDS = 8
# Fonts for scripts that matplotlib's default font lacks, if installed.
FALLBACK_FONTS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "Hiragino Sans", "Microsoft YaHei")


def plot_map(
    vectors: Mapping[str, ArrayLike],
    path: Path,
    *,
    labels: Sequence[str] | None = None,
    clusters: int | None = None,
    texts: Sequence[str] | None = None,
    method: PlotMethod = "aligned",
    seed: int = 0,
) -> None:
    """Plot a 2-D map of the same texts for one to four models.

    Parameters
    ----------
    vectors
        Title and vectors of each panel, shape (n, any). All panels share a scale.
    path
        Output file; its extension sets the format: ``.png``, ``.svg`` or ``.pdf``.
    labels
        Label of each text, shown by colour and shape. With more than 20 labels, the 10 most
        common are coloured and the rest are grey.
    clusters
        Number of k-means clusters in the last panel's vectors, at most 20; they are coloured in all
        panels. By default, without labels,
        :func:`~tunesmith.evaluation.maps.clusters.find_clusters` chooses the number.
    texts
        Texts. Up to 30 are drawn as annotations; with more, each cluster is named after the text
        nearest to its centre.
    method
        ``"aligned"`` is UMAP, and a text is in the same place in all panels unless its neighbours
        changed: :func:`~tunesmith.evaluation.maps.before_after.aligned_maps`. With ``"pca"``,
        ``"tsne"`` or ``"umap"``, each panel has a layout of its own:
        :func:`~tunesmith.evaluation.maps.projection.project`.
    seed
        Random seed for t-SNE, UMAP and k-means; the same seed gives the same plot.

    Raises
    ------
    UsageError
        The file extension is unknown, there are no vectors or too many panels, the numbers of
        vectors, labels and texts differ, both labels and clusters are given, the vectors cannot be
        projected, or there are fewer distinct vectors than clusters.
    OutputError
        The file cannot be written.

    Examples
    --------
    >>> base, labels = np.eye(4, dtype=np.float32), ["card", "card", "order", "order"]
    >>> plot_map({"Before": base, "After": 2 * base}, Path("map.png"), labels=labels)
    >>> Path("map.png").is_file()
    True
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(
            f"{path.name} has an unknown image format",
            hint=f"use {', '.join(FORMATS)}",
            option="path",
        )
    sets = {title: np.asarray(one) for title, one in vectors.items()}
    _check(sets, labels, clusters, texts)
    name, points = _laid_out(list(sets.values()), labels, method, seed)
    legend = (
        _label_legend(labels)
        if labels is not None
        else _cluster_legend(
            find_clusters(list(sets.values())[-1], clusters, seed=seed), sets, texts
        )
    )
    titles = [f"{cut(title, 50)}, {name}" if title else name for title in sets]
    _write(points, titles, legend, texts, path)


def _laid_out(
    sets: Sequence[NDArray[np.generic]], labels: Sequence[str] | None, method: PlotMethod, seed: int
) -> tuple[str, Sequence[NDArray[np.float32]]]:
    """Return the name of the method, and the coordinates of each panel."""
    if method == "aligned":
        used: Method = "umap" if len(sets[0]) >= FEWEST else "pca"
        return METHOD_NAMES[used], _centred(aligned_maps(sets, labels, seed=seed), together=True)
    points = [project(one, method, seed) for one in sets]
    return METHOD_NAMES[drawn_by(method, len(points[0]))], _centred(points, together=False)


def _centred(sets: Sequence[NDArray[np.float32]], *, together: bool) -> list[NDArray[np.float32]]:
    """Return maps around the origin, each or all together."""
    middles = [_middle(np.concatenate(sets))] * len(sets) if together else map(_middle, sets)
    return [points - middle for points, middle in zip(sets, middles, strict=True)]


def _middle(points: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((points.min(axis=0) + points.max(axis=0)) / 2)


def _check(
    sets: Mapping[str, NDArray[np.generic]],
    labels: Sequence[str] | None,
    clusters: int | None,
    texts: Sequence[str] | None,
) -> None:
    if not 1 <= len(sets) <= MAX_PANELS:
        raise UsageError(f"a plot has 1 to {MAX_PANELS} panels, not {len(sets)}", option="vectors")
    expected = len(next(iter(sets.values())))
    if not all(one.size for one in sets.values()):
        raise UsageError("there are no vectors to plot", option="vectors")
    if labels is not None and clusters is not None:
        raise UsageError(
            "labels and clusters both colour the texts", hint="give one of them", option="clusters"
        )
    if clusters is not None and not 1 <= clusters <= MAX_COLOURED:
        raise UsageError(
            f"clusters must be from 1 to {MAX_COLOURED}, not {clusters}", option="clusters"
        )
    parts: dict[str, Sequence[str] | NDArray[np.generic] | None]
    parts = {f"vectors of {title}": one for title, one in sets.items()}
    parts |= {"labels": labels, "texts": texts}
    for name, part in parts.items():
        if part is not None and len(part) != expected:
            raise UsageError(f"{expected} vectors but {len(part)} {name}: the numbers must match")


@dataclass(frozen=True, eq=False)
class _Group:
    """Positions of vectors with the same colour and marker."""

    name: str
    members: NDArray[np.int64]
    colour: str
    marker: str


@dataclass(frozen=True, eq=False)
class _Legend:
    """Groups of the legend and its title."""

    groups: Sequence[_Group]
    title: str = ""

    def columns(self, width: float) -> int:
        """Return the number of legend columns that fit a width in inches."""
        widest = 5 + max(len(group.name) for group in self.groups)
        return min(len(self.groups), max(1, int(width * CHARACTERS_PER_INCH / widest)))

    def height(self, columns: int) -> float:
        """Return the height of the legend in inches for a number of columns."""
        lines = -(-len(self.groups) // columns) + bool(self.title)
        return 0.15 + 0.19 * lines


def _group(name: str, members: NDArray[np.int64], index: int) -> _Group:
    """Return a group with a colour and marker that are unique among the first fifty."""
    marker = MARKERS[(index + index // len(COLOURS)) % len(MARKERS)]
    return _Group(name, members, COLOURS[index % len(COLOURS)], marker)


def _cluster_legend(
    found: Clusters, sets: Mapping[str, NDArray[np.generic]], texts: Sequence[str] | None
) -> _Legend:
    groups = []
    for index, typical in enumerate(found.typical.tolist()):
        members = np.flatnonzero(found.numbers == index)
        example = f", such as “{cut(texts[typical], 56)}”" if texts is not None else ""
        groups.append(_group(f"{plural(len(members), 'text')}{example}", members, index))
    return _Legend(groups, _cluster_title(found, list(sets)[-1] if len(sets) > 1 else ""))


def _cluster_title(found: Clusters, panel: str) -> str:
    title = f"{plural(len(found), 'k-means cluster')}"
    title += f" of “{cut(panel, 50)}”" if panel else ""
    if found.silhouette is None:
        return title
    tried = f"best of 2 to {found.tried}" if found.tried and found.tried > 2 else "only 2 tried"
    return f"{title}: mean silhouette {number(found.silhouette, 2)}, {tried}"


def _label_legend(labels: Sequence[str]) -> _Legend:
    values = np.asarray([str(label) for label in labels], dtype=np.str_)
    names, counts = np.unique(values, return_counts=True)
    crowded = len(names) > MAX_COLOURED
    shown = names[np.argsort(-counts, kind="stable")[: len(COLOURS)]] if crowded else names
    groups = [
        _group(cut(str(name), 40) or "no label", np.flatnonzero(values == name), index)
        for index, name in enumerate(shown)
    ]
    rest = np.flatnonzero(~np.isin(values, shown))
    others = f"{count(len(names) - len(shown))} other labels"
    return _Legend([*groups, _Group(others, rest, GREY, "o")] if len(rest) else groups)


def _write(
    points: Sequence[NDArray[np.float32]],
    titles: Sequence[str],
    legend: _Legend,
    texts: Sequence[str] | None,
    path: Path,
) -> None:
    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower())
    try:
        with _settings(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            figure = _figure(points, titles, legend, texts)
            figure.savefig(path, dpi="figure", metadata=undated)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error


@contextmanager
def _settings() -> Iterator[None]:
    installed = set(get_font_names())
    fonts = ["DejaVu Sans", *(name for name in FALLBACK_FONTS if name in installed)]
    with mpl.rc_context({"svg.hashsalt": "tunesmith", "font.family": fonts}):
        yield


def _figure(
    points: Sequence[NDArray[np.float32]],
    titles: Sequence[str],
    legend: _Legend,
    texts: Sequence[str] | None,
) -> "Figure":
    annotated = texts is not None and len(texts) <= MAX_ANNOTATED
    rows, columns = (2, 2) if len(points) == MAX_PANELS else (1, len(points))
    side = ANNOTATED_SIDE if annotated else SIDE
    entries = legend.columns(side * columns)
    size = (side * columns, (side + 0.3) * rows + legend.height(entries))
    figure = Figure(size, DPI, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    reach = max(float(np.abs(one).max()) for one in points)
    margin = 1.15 if annotated else 1.06
    for panel, one, title in zip(panels, points, titles, strict=True):
        _draw_panel(panel, one, legend.groups, max(reach, 1e-6) * margin)
        panel.set_title(
            title, loc="left", fontsize=12, fontweight="bold", color=INK, parse_math=False
        )
        if not annotated and not legend.title:  # clusters have a title, and names too long
            _name_groups(panel, one, legend.groups, max(reach, 1e-6) * margin)
    _add_legend(figure, legend, entries)
    if texts is not None and annotated:
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for panel, one in zip(panels, points, strict=True):
            annotate(panel, one, texts)
    return figure


def _draw_panel(
    panel: "Axes", points: NDArray[np.float32], groups: Sequence[_Group], reach: float
) -> None:
    """Draw one map; ``reach`` is half the side of the square shown in all panels."""
    size = 46 if len(points) <= 300 else 22 if len(points) <= 1500 else 11
    edge = 0.6 if len(points) <= 1500 else 0.25
    for offset in range(ROUNDS):
        for group in groups:
            x, y = points[group.members[offset::ROUNDS]].T
            panel.scatter(
                x, y, s=size, c=group.colour, marker=group.marker, edgecolors="white",
                linewidths=edge, zorder=2 if group.colour == GREY else 3,
            )  # fmt: skip
    panel.set_xlim(-reach, reach)
    panel.set_ylim(-reach, reach)
    panel.set_box_aspect(1)
    panel.set_xticks([])
    panel.set_yticks([])
    for spine in panel.spines.values():
        spine.set_color("#e3e0d8")


def _name_groups(
    panel: "Axes", points: NDArray[np.float32], groups: Sequence[_Group], reach: float
) -> None:
    """Write the name of each coloured group near the middle of its texts."""
    side = 72 * SIDE
    anchors = []
    for rank, group in enumerate(sorted(groups, key=lambda group: -len(group.members))):
        if group.colour != GREY and len(group.members):
            x, y = np.median(points[group.members], axis=0) / reach / 2
            anchors.append(Anchor(rank, group.name, side * (0.5 + x), side * (0.5 - y) - RAISED))
    paper = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.0}
    for name in place_names(anchors, side, side):
        panel.text(
            name.x / side, 1 - name.y / side, name.text, transform=panel.transAxes, ha="center",
            va="center", fontsize=9, fontweight="bold", color=INK, zorder=4, parse_math=False,
            bbox=paper,
        )  # fmt: skip


def _add_legend(figure: "Figure", legend: _Legend, entries: int) -> None:
    handles = [
        Line2D([], [], linestyle="", marker=group.marker, color=group.colour)
        for group in legend.groups
    ]
    drawn = figure.legend(
        handles,
        [str(index) for index in range(len(handles))],
        loc="outside lower left",
        ncols=entries,
        frameon=False,
        fontsize=9,
        title=legend.title or None,
        title_fontproperties={"size": 9, "weight": "bold"},
        alignment="left",
    )
    drawn.get_title().set_parse_math(False)
    # Set the names afterwards: legend() would leave out names that begin with "_".
    for entry, group in zip(drawn.get_texts(), legend.groups, strict=True):
        entry.set_parse_math(False)
        entry.set_text(group.name)
