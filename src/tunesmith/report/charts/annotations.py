"""Texts beside their marks on a map, where they cover least of each other and of the marks."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from tunesmith.wording import cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LONGEST = 56
ONE_LINE = 26
FONT_SIZE = 7.0
# All lengths are in points. Where a text may stand: in these directions, so far off its mark.
DIRECTIONS = np.exp(2j * np.pi * np.arange(16) / 16)
GAPS = (7.0, 15.0, 25.0, 40.0, 60.0, 85.0)
# The radius of a mark, and the air around a text.
RADIUS, AIR = 4.0, 1.5
# What it costs to lie outside the map or over another text, by area; to touch a mark; to be far.
OUTSIDE, TEXT, MARK, FAR = 8.0, 4.0, 500.0, 5.0
SWEEPS = 4
# From here on a line leads from a text to its mark.
FAR_OFF = 9.0


def annotate(panel: "Axes", points: NDArray[np.float32], texts: Sequence[str]) -> None:
    """Write each text, shortened, beside its point; a thin line leads to those that stand off.

    Each text in turn takes the place that costs least as the others stand, several times over: a
    discrete gradient descent as in Christensen, Marks and Shieber (1995), without chance in it.
    The figure's layout must be final.

    Parameters
    ----------
    panel
        A map whose limits are set.
    points
        Shape (n, 2).
    texts
        n texts; nothing in them is read as mathematics or markup.
    """
    scale = 72 / _figure(panel).dpi
    shown = [_folded(cut(text, LONGEST)) for text in texts]
    marks = scale * np.asarray(panel.transData.transform(points), dtype=np.float64)
    limits = scale * np.asarray(panel.get_window_extent().get_points(), dtype=np.float64)
    sizes = scale * _sizes(panel, shown) + 2 * AIR
    for text, mark, box in zip(shown, marks, _places(marks, sizes, limits), strict=True):
        _write(panel, text, mark / scale, box / scale)


def _folded(text: str) -> str:
    """Return a text on one line, or on two of about one length."""
    width = ONE_LINE if len(text) <= ONE_LINE else len(text) // 2
    while len(lines := textwrap.wrap(text, width, break_on_hyphens=False)) > 2:
        width += 1
    return "\n".join(lines)


def _figure(panel: "Axes") -> "Figure":
    figure = panel.get_figure(root=True)
    if figure is None:
        raise ValueError("the map belongs to no figure")
    return figure


def _sizes(panel: "Axes", shown: Sequence[str]) -> NDArray[np.float64]:
    """Return the width and height of each text in dots, shape (n, 2)."""
    sizes = []
    for text in shown:
        trial = panel.text(0, 0, text, fontsize=FONT_SIZE, parse_math=False)
        extent = trial.get_window_extent()
        sizes.append((extent.width, extent.height))
        trial.remove()
    return np.asarray(sizes, dtype=np.float64).reshape(-1, 2)


def _places(
    marks: NDArray[np.float64], sizes: NDArray[np.float64], limits: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the box of each text as lower left and upper right corner, shape (n, 2, 2)."""
    candidates = [_boxes(mark, size) for mark, size in zip(marks, sizes, strict=True)]
    gaps = FAR * np.repeat(GAPS, len(DIRECTIONS))
    alone = [_cost_alone(boxes, marks, limits) + gaps for boxes in candidates]
    chosen = [int(cost.argmin()) for cost in alone]
    for _ in range(SWEEPS):
        for place in range(len(marks)):
            boxes = [
                candidates[other][chosen[other]] for other in range(len(marks)) if other != place
            ]
            others = np.asarray(boxes).reshape(-1, 2, 2)
            covered = _overlap(candidates[place], others).sum(axis=1)
            chosen[place] = int((alone[place] + TEXT * covered).argmin())
    boxes = [boxes[place] for boxes, place in zip(candidates, chosen, strict=True)]
    return np.asarray(boxes, dtype=np.float64).reshape(-1, 2, 2)


def _boxes(mark: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where a text may stand, as lower left and upper right corners, shape (m, 2, 2).

    A box touches the circle of its gap: its middle lies beyond by half its extent that way.
    """
    directions = np.tile(DIRECTIONS, len(GAPS))
    gaps = np.repeat(GAPS, len(DIRECTIONS))[:, None]
    ways = np.stack([directions.real, directions.imag], axis=1)
    middles = mark + ways * gaps + np.clip(ways * 2**0.5, -1, 1) * size / 2
    return np.stack([middles - size / 2, middles + size / 2], axis=1)


def _cost_alone(
    boxes: NDArray[np.float64], marks: NDArray[np.float64], limits: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what it costs to lie outside the map and over marks."""
    area = np.prod(boxes[:, 1] - boxes[:, 0], axis=1)
    outside = area - _overlap(boxes, limits[None]).sum(axis=1)
    right_of = marks[None] > boxes[:, None, 0] - RADIUS
    left_of = marks[None] < boxes[:, None, 1] + RADIUS
    touched = (right_of & left_of).all(axis=2).sum(axis=1)
    return np.asarray(OUTSIDE * outside + MARK * touched, dtype=np.float64)


def _overlap(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the common area of each box with each other one, shape (boxes, others)."""
    low = np.maximum(boxes[:, None, 0], others[None, :, 0])
    high = np.minimum(boxes[:, None, 1], others[None, :, 1])
    return np.asarray(np.prod(np.maximum(high - low, 0), axis=2), dtype=np.float64)


def _write(panel: "Axes", text: str, mark: NDArray[np.float64], box: NDArray[np.float64]) -> None:
    """Write a text into its box, in dots, and draw a thin line to its mark where that is far."""
    nearest = np.clip(mark, box[0], box[1])
    far = bool(np.linalg.norm(nearest - mark) > FAR_OFF * _figure(panel).dpi / 72)
    to_data = panel.transData.inverted().transform
    if far:
        x, y = np.stack([to_data(mark), to_data(nearest)], axis=1)
        panel.add_line(Line2D(x, y, color="#b5b2a9", linewidth=0.6, zorder=1.5))
    x_middle, y_middle = to_data(box.mean(axis=0)).tolist()
    written = panel.text(
        x_middle,
        y_middle,
        text,
        ha="center",
        va="center",
        multialignment=_alignment(mark, box),
        fontsize=FONT_SIZE,
        color="#3b3e44",
        zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
        parse_math=False,
    )
    written.set_in_layout(False)


def _alignment(
    mark: NDArray[np.float64], box: NDArray[np.float64]
) -> Literal["left", "right", "center"]:
    """Return which edge the lines of a text begin at: the one at its mark."""
    if mark[0] <= box[0, 0]:
        return "left"
    return "right" if mark[0] >= box[1, 0] else "center"
