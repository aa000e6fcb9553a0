"""Maps of vectors as picture files: PNG, SVG or PDF."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.cluster import KMeans

from tunesmith.errors import OutputError, UsageError
from tunesmith.evaluation.projection import Method, project
from tunesmith.report.words import cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
MOST_ANNOTATED = 40
MOST_CLUSTERS = 8
MOST_NAMED = 20
COLOURS = (
    "#2f62d0", "#e58a00", "#c8362b", "#0d9a8f", "#6aa21f",
    "#d6429a", "#7a48d2", "#35a3e0", "#85573a", "#8c8a00",
)  # fmt: skip
MARKERS = ("o", "^", "s", "D", "P")
GREY = "#c4c1b8"
INK = "#1d1f24"
METHOD_NAMES: dict[str, str] = {"pca": "PCA", "tsne": "t-SNE"}


def plot_map(
    vectors: ArrayLike,
    labels: Sequence[str] | None,
    path: Path,
    *,
    tuned: ArrayLike | None = None,
    texts: Sequence[str] | None = None,
    method: Method = "pca",
    titles: Sequence[str] | None = None,
    seed: int = 0,
) -> None:
    """Draw vectors in the plane and write the picture.

    Parameters
    ----------
    vectors
        Shape (n, d).
    labels
        A label for each vector, shown by colour and shape; of more than 20 labels the 10 most
        common are coloured and the rest are grey. Without labels, up to 8 groups found by
        k-means are coloured.
    path
        The file to write; its ending decides the format: ``.png``, ``.svg`` or ``.pdf``.
    tuned
        The same texts' vectors from another model, shape (n, any): drawn beside the first.
    texts
        A text for each vector, written beside its mark where there are at most 40.
    method
        ``"pca"`` or ``"tsne"``, see :func:`tunesmith.evaluation.projection.project`.
    titles
        What stands over the panels, by default "Before" and "After" over two.
    seed
        The seed of t-SNE and of k-means.

    Raises
    ------
    UsageError
        The ending is unknown, there are no vectors, the numbers of vectors, labels and texts
        differ, or the vectors cannot be projected.
    OutputError
        The file cannot be written.

    Examples
    --------
    >>> plot_map(base, labels, Path("map.png"), tuned=tuned)  # doctest: +SKIP
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{path.name} has no ending of a picture: use {', '.join(FORMATS)}")
    sets = [np.asarray(one) for one in (vectors, tuned) if one is not None]
    if not sets[0].size:
        raise UsageError("there are no vectors to draw")
    _check_counts(len(sets[0]), tuned=tuned, labels=labels, texts=texts)
    points = [project(one, method, seed) for one in sets]
    groups = _groups(labels, sets[-1], seed)
    name = METHOD_NAMES[method]
    given = titles or (("Before", "After") if tuned is not None else ())
    names = [f"{title}, {name}" for title in given] or [name]
    _write(_figure(points, names, groups, texts), path)


def _check_counts(expected: int, **parts: ArrayLike | Sequence[str] | None) -> None:
    for name, part in parts.items():
        if part is not None and len(np.asarray(part)) != expected:
            count = len(np.asarray(part))
            raise UsageError(f"{expected} vectors but {count} {name}: each vector needs its own")


@dataclass(frozen=True, eq=False)
class _Group:
    """Positions of vectors that look the same, and how; without a name, not in the legend."""

    name: str | None
    members: NDArray[np.int64]
    colour: str
    marker: str


def _groups(labels: Sequence[str] | None, vectors: NDArray[np.generic], seed: int) -> list[_Group]:
    if labels is None:
        found = _clusters(vectors, seed)
        return [
            _Group(None, np.flatnonzero(found == number), COLOURS[number], "o")
            for number in range(MOST_CLUSTERS)
        ]
    return _labelled_groups(np.asarray([str(label) for label in labels], dtype=np.str_))


def _clusters(vectors: NDArray[np.generic], seed: int) -> NDArray[np.int64]:
    """Return a cluster number for each vector: fewer clusters for fewer vectors."""
    distinct = len(np.unique(vectors, axis=0))
    clusters = max(1, min(MOST_CLUSTERS, distinct, round((len(vectors) / 2) ** 0.5)))
    if len(vectors) <= 1:
        return np.zeros(len(vectors), dtype=np.int64)
    found = KMeans(clusters, n_init=4, random_state=seed).fit_predict(vectors)
    return np.asarray(found, dtype=np.int64)


def _labelled_groups(labels: NDArray[np.str_]) -> list[_Group]:
    names, counts = np.unique(labels, return_counts=True)
    many = len(names) > MOST_NAMED
    shown = names[np.argsort(-counts, kind="stable")[: len(COLOURS)]] if many else names
    groups = [
        _Group(
            cut(str(name), 40) or "no label",
            np.flatnonzero(labels == name),
            COLOURS[number % len(COLOURS)],
            MARKERS[(number + number // len(COLOURS)) % len(MARKERS)],
        )
        for number, name in enumerate(shown)
    ]
    rest = np.flatnonzero(~np.isin(labels, shown))
    others = f"{len(names) - len(shown)} other labels"
    return [_Group(others, rest, GREY, "o"), *groups] if len(rest) else groups


def _figure(
    points: Sequence[NDArray[np.float32]],
    titles: Sequence[str],
    groups: Sequence[_Group],
    texts: Sequence[str] | None,
) -> "Figure":
    from matplotlib.figure import Figure

    annotated = texts is not None and len(texts) <= MOST_ANNOTATED
    side = 8.4 if annotated else 5.6
    size = (side * len(points), side + 0.8)
    figure = Figure(figsize=size, layout="constrained", facecolor="white")
    panels = figure.subplots(1, len(points), squeeze=False)[0]
    reach = max(float(np.ptp(one, axis=0).max()) for one in points) / 2
    for panel, one, title in zip(panels, points, titles, strict=False):
        _draw_panel(panel, one, groups, max(reach, 1e-6) * 1.06)
        panel.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK)
        if texts is not None and annotated:
            _annotate(panel, one, texts)
    _add_legend(figure, groups)
    return figure


def _draw_panel(
    panel: "Axes", points: NDArray[np.float32], groups: Sequence[_Group], reach: float
) -> None:
    """Draw one map; ``reach`` is half the side of the square that all panels show."""
    size = 46 if len(points) <= 300 else 22 if len(points) <= 1500 else 9
    edge = 0.6 if len(points) <= 1500 else 0.0
    for group in groups:
        x, y = points[group.members].T
        panel.scatter(
            x, y, s=size, c=group.colour, marker=group.marker, edgecolors="white", linewidths=edge
        )
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    panel.set_xlim(middle[0] - reach, middle[0] + reach)
    panel.set_ylim(middle[1] - reach, middle[1] + reach)
    panel.set_box_aspect(1)
    panel.set_xticks([])
    panel.set_yticks([])
    for spine in panel.spines.values():
        spine.set_color("#e3e0d8")


def _annotate(panel: "Axes", points: NDArray[np.float32], texts: Sequence[str]) -> None:
    """Write each text beside its mark, to the left of it in the right half."""
    middle = sum(panel.get_xlim()) / 2
    for (x, y), text in zip(points.tolist(), texts, strict=True):
        side = -1 if x > middle else 1
        panel.annotate(
            cut(text, 40),
            (x, y),
            xytext=(6 * side, 0),
            textcoords="offset points",
            ha="left" if side > 0 else "right",
            va="center",
            fontsize=7.5,
            color="#5f636b",
            parse_math=False,
        )


def _add_legend(figure: "Figure", groups: Sequence[_Group]) -> None:
    from matplotlib.lines import Line2D

    named = [group for group in groups if group.name is not None]
    if not named:
        return
    handles = [
        Line2D([], [], linestyle="", marker=group.marker, color=group.colour) for group in named
    ]
    columns = min(len(named), max(1, 110 * len(figure.axes) // (2 * _longest(named))))
    numbers = [str(number) for number in range(len(named))]
    legend = figure.legend(
        handles, numbers, loc="outside lower left", ncols=columns, frameon=False, fontsize=9
    )
    # Names are set afterwards: given to legend(), one that begins with "_" would be left out.
    for entry, group in zip(legend.get_texts(), named, strict=True):
        entry.set_parse_math(False)
        entry.set_text(str(group.name))


def _longest(groups: Sequence[_Group]) -> int:
    return 6 + max(len(str(group.name)) for group in groups)


def _write(figure: "Figure", path: Path) -> None:
    import matplotlib as mpl

    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower())
    try:
        with mpl.rc_context({"svg.hashsalt": "tunesmith"}), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            figure.savefig(path, dpi=160, metadata=undated)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
