"""Maps of vectors as picture files: PNG, SVG or PDF."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import get_font_names
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from tunesmith.errors import OutputError, UsageError
from tunesmith.evaluation.maps.clusters import Clusters, find_clusters
from tunesmith.evaluation.maps.projection import Method, drawn_by, project
from tunesmith.report.charts.annotations import annotate
from tunesmith.wording import count, cut, number, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = (".png", ".svg", ".pdf")
MOST_PANELS = 4
MOST_ANNOTATED = 30
MOST_NAMED = 20
COLOURS = (
    "#2f62d0", "#e58a00", "#c8362b", "#0d9a8f", "#6aa21f",
    "#d6429a", "#7a48d2", "#35a3e0", "#85573a", "#8c8a00",
)  # fmt: skip
MARKERS = ("o", "^", "s", "D", "P")
# Inches that a panel is wide and high, and about how many letters of the legend go into one.
SIDE, SIDE_OF_ANNOTATED = 5.6, 7.6
DOTS_AN_INCH = 160
LETTERS_AN_INCH = 13
GREY = "#c4c1b8"
INK = "#1d1f24"
METHOD_NAMES: dict[Method, str] = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
# Marks are drawn in this many rounds, so that no group lies on top of all others.
ROUNDS = 8
# Scripts that matplotlib's own font lacks, where a font for them is installed.
FALLBACK_FONTS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "Hiragino Sans", "Microsoft YaHei")


def plot_map(
    vectors: Mapping[str, ArrayLike],
    path: Path,
    *,
    labels: Sequence[str] | None = None,
    clusters: int | None = None,
    texts: Sequence[str] | None = None,
    method: Method = "pca",
    seed: int = 0,
) -> None:
    """Draw the same texts as one model sees them, or up to four, and write the picture.

    Parameters
    ----------
    vectors
        A title for each panel, and the vectors in it, shape (n, any). All panels have one scale.
    path
        The file to write; its ending decides the format: ``.png``, ``.svg`` or ``.pdf``.
    labels
        A label for each text, shown by colour and shape; of more than 20 labels the 10 most
        common are coloured and the rest are grey.
    clusters
        How many groups k-means is to find in the last panel's vectors, at most 20; they are
        coloured in all panels. Without labels, when not given, as many as
        :func:`~tunesmith.evaluation.maps.clusters.find_clusters` chooses.
    texts
        The texts, written beside their marks where there are at most 30; beyond, each cluster is
        known by the text nearest to its middle.
    method
        ``"pca"``, ``"tsne"`` or ``"umap"``, see
        :func:`~tunesmith.evaluation.maps.projection.project`.
    seed
        Of t-SNE, UMAP and k-means; the same seed gives the same picture.

    Raises
    ------
    UsageError
        The ending is unknown, there are no vectors or too many panels, the numbers of vectors,
        labels and texts differ, labels and clusters are given, or the vectors cannot be projected
        or have too few different ones for the clusters.
    OutputError
        The file cannot be written.

    Examples
    --------
    >>> plot_map({"Before": base, "After": tuned}, Path("map.png"), labels=labels)  # doctest: +SKIP
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{path.name} has no ending of a picture: use {', '.join(FORMATS)}")
    sets = {title: np.asarray(one) for title, one in vectors.items()}
    _check(sets, labels, clusters, texts)
    points = [project(one, method, seed) for one in sets.values()]
    legend = (
        _labelled(labels)
        if labels is not None
        else _clustered(find_clusters(list(sets.values())[-1], clusters, seed=seed), sets, texts)
    )
    name = METHOD_NAMES[drawn_by(method, len(points[0]))]
    titles = [f"{cut(title, 50)}, {name}" if title else name for title in sets]
    _write(points, titles, legend, texts, path)


def _check(
    sets: Mapping[str, NDArray[np.generic]],
    labels: Sequence[str] | None,
    clusters: int | None,
    texts: Sequence[str] | None,
) -> None:
    if not 1 <= len(sets) <= MOST_PANELS:
        raise UsageError(f"a picture has 1 to {MOST_PANELS} panels, not {len(sets)}")
    expected = len(next(iter(sets.values())))
    if not all(one.size for one in sets.values()):
        raise UsageError("there are no vectors to draw")
    if labels is not None and clusters is not None:
        raise UsageError("labels and clusters both colour the texts: give one of them")
    if clusters is not None and not 1 <= clusters <= MOST_NAMED:
        raise UsageError(f"{clusters} clusters cannot be told apart: give 1 to {MOST_NAMED}")
    parts: dict[str, Sequence[str] | NDArray[np.generic] | None]
    parts = {f"vectors of {title}": one for title, one in sets.items()}
    parts |= {"labels": labels, "texts": texts}
    for name, part in parts.items():
        if part is not None and len(part) != expected:
            raise UsageError(f"{expected} vectors but {len(part)} {name}: each needs its own")


@dataclass(frozen=True, eq=False)
class _Group:
    """Positions of vectors that look the same, and how."""

    name: str
    members: NDArray[np.int64]
    colour: str
    marker: str


@dataclass(frozen=True, eq=False)
class _Legend:
    """What is told apart, and by what."""

    groups: Sequence[_Group]
    title: str = ""

    def columns(self, width: float) -> int:
        """Return how many entries stand side by side in so many inches."""
        widest = 5 + max(len(group.name) for group in self.groups)
        return min(len(self.groups), max(1, int(width * LETTERS_AN_INCH / widest)))

    def height(self, columns: int) -> float:
        """Return the inches that it takes with so many columns."""
        lines = -(-len(self.groups) // columns) + bool(self.title)
        return 0.15 + 0.19 * lines


def _group(name: str, members: NDArray[np.int64], place: int) -> _Group:
    """Return a group that looks like no other of the first fifty."""
    marker = MARKERS[(place + place // len(COLOURS)) % len(MARKERS)]
    return _Group(name, members, COLOURS[place % len(COLOURS)], marker)


def _clustered(
    found: Clusters, sets: Mapping[str, NDArray[np.generic]], texts: Sequence[str] | None
) -> _Legend:
    groups = []
    for place, typical in enumerate(found.typical.tolist()):
        members = np.flatnonzero(found.numbers == place)
        like = f", like “{cut(texts[typical], 56)}”" if texts is not None else ""
        groups.append(_group(f"{plural(len(members), 'text')}{like}", members, place))
    return _Legend(groups, _cluster_title(found, list(sets)[-1] if len(sets) > 1 else ""))


def _cluster_title(found: Clusters, where: str) -> str:
    title = f"{plural(len(found), 'cluster')} by k-means"
    title += f" in “{cut(where, 50)}”" if where else ""
    if found.silhouette is None:
        return title
    of = f"the best of 2 to {found.tried}" if found.tried and found.tried > 2 else "2 were tried"
    return f"{title}: mean silhouette {number(found.silhouette, 2)}, {of}"


def _labelled(labels: Sequence[str]) -> _Legend:
    every = np.asarray([str(label) for label in labels], dtype=np.str_)
    names, counts = np.unique(every, return_counts=True)
    many = len(names) > MOST_NAMED
    shown = names[np.argsort(-counts, kind="stable")[: len(COLOURS)]] if many else names
    groups = [
        _group(cut(str(name), 40) or "no label", np.flatnonzero(every == name), place)
        for place, name in enumerate(shown)
    ]
    rest = np.flatnonzero(~np.isin(every, shown))
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
    annotated = texts is not None and len(texts) <= MOST_ANNOTATED
    rows, columns = (2, 2) if len(points) == MOST_PANELS else (1, len(points))
    side = SIDE_OF_ANNOTATED if annotated else SIDE
    entries = legend.columns(side * columns)
    size = (side * columns, (side + 0.3) * rows + legend.height(entries))
    figure = Figure(size, DOTS_AN_INCH, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    reach = max(float(np.ptp(one, axis=0).max()) for one in points) / 2
    margin = 1.15 if annotated else 1.06
    for panel, one, title in zip(panels, points, titles, strict=True):
        _draw_panel(panel, one, legend.groups, max(reach, 1e-6) * margin)
        panel.set_title(
            title, loc="left", fontsize=12, fontweight="bold", color=INK, parse_math=False
        )
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
    """Draw one map; ``reach`` is half the side of the square that all panels show."""
    size = 46 if len(points) <= 300 else 22 if len(points) <= 1500 else 11
    edge = 0.6 if len(points) <= 1500 else 0.25
    for turn in range(ROUNDS):
        for group in groups:
            x, y = points[group.members[turn::ROUNDS]].T
            panel.scatter(
                x, y, s=size, c=group.colour, marker=group.marker, edgecolors="white",
                linewidths=edge, zorder=2 if group.colour == GREY else 3,
            )  # fmt: skip
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    panel.set_xlim(middle[0] - reach, middle[0] + reach)
    panel.set_ylim(middle[1] - reach, middle[1] + reach)
    panel.set_box_aspect(1)
    panel.set_xticks([])
    panel.set_yticks([])
    for spine in panel.spines.values():
        spine.set_color("#e3e0d8")


def _add_legend(figure: "Figure", legend: _Legend, entries: int) -> None:
    handles = [
        Line2D([], [], linestyle="", marker=group.marker, color=group.colour)
        for group in legend.groups
    ]
    drawn = figure.legend(
        handles,
        [str(place) for place in range(len(handles))],
        loc="outside lower left",
        ncols=entries,
        frameon=False,
        fontsize=9,
        title=legend.title or None,
        title_fontproperties={"size": 9, "weight": "bold"},
        alignment="left",
    )
    drawn.get_title().set_parse_math(False)
    # Names are set afterwards: given to legend(), one that begins with "_" would be left out.
    for entry, group in zip(drawn.get_texts(), legend.groups, strict=True):
        entry.set_parse_math(False)
        entry.set_text(group.name)
