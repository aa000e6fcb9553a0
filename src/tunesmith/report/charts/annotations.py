"""Text annotations on a map, placed to minimise overlap with each other and with points."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from tunesmith.wording import cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_CHARACTERS = 56
MAX_LINE = 26
FONT_SIZE = 7.0
# All lengths are in points. Candidate positions: directions and distances from the mark.
DIRECTIONS = np.exp(2j * np.pi * np.arange(16) / 16)
GAPS = (7.0, 15.0, 25.0, 40.0, 60.0, 85.0)
# Radius of a mark, and padding around a text.
RADIUS, PADDING = 4.0, 1.5
# Costs: area outside the map, area over another text, each covered mark, distance from the mark.
OUTSIDE, TEXT, MARK, DISTANCE = 8.0, 4.0, 500.0, 5.0
SWEEPS = 4
# Beyond this distance, a line connects a text with its mark.
LEADER_DISTANCE = 9.0


def annotate(panel: "Axes", points: NDArray[np.float32], texts: Sequence[str]) -> None:
    """Annotate each point with its shortened text; a thin line leads to distant texts.

    In several sweeps, each text moves to its cheapest position given the others. This is the
    discrete gradient descent of Christensen, Marks and Shieber (1995), and it is deterministic.
    The figure's layout must be final.

    Parameters
    ----------
    panel
        A map whose limits are set.
    points
        Shape (n, 2).
    texts
        n texts; markup and mathematics in them are not interpreted.
    """
    scale = 72 / _figure(panel).dpi
    shown = [_wrap(cut(text, MAX_CHARACTERS)) for text in texts]
    marks = scale * np.asarray(panel.transData.transform(points), dtype=np.float64)
    limits = scale * np.asarray(panel.get_window_extent().get_points(), dtype=np.float64)
    sizes = scale * _sizes(panel, shown) + 2 * PADDING
    for text, mark, box in zip(shown, marks, _place_texts(marks, sizes, limits), strict=True):
        _write(panel, text, mark / scale, box / scale)


def _wrap(text: str) -> str:
    """Wrap a text to one line, or to two of similar length."""
    width = MAX_LINE if len(text) <= MAX_LINE else len(text) // 2
    while len(lines := textwrap.wrap(text, width, break_on_hyphens=False)) > 2:
        width += 1
    return "\n".join(lines)


def _figure(panel: "Axes") -> Figure:
    figure = panel.get_figure()  # matplotlib 3.9 has no root=True
    if not isinstance(figure, Figure):
        raise ValueError("the axes belong to no figure")
    return figure


def _sizes(panel: "Axes", shown: Sequence[str]) -> NDArray[np.float64]:
    """Return the width and height of each text in dots, shape (n, 2)."""
    sizes = []
    for text in shown:
        probe = panel.text(0, 0, text, fontsize=FONT_SIZE, parse_math=False)
        extent = probe.get_window_extent()
        sizes.append((extent.width, extent.height))
        probe.remove()
    return np.asarray(sizes, dtype=np.float64).reshape(-1, 2)


def _place_texts(
    marks: NDArray[np.float64], sizes: NDArray[np.float64], limits: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the box of each text as lower left and upper right corner, shape (n, 2, 2)."""
    candidates = [_boxes(mark, size) for mark, size in zip(marks, sizes, strict=True)]
    gaps = DISTANCE * np.repeat(GAPS, len(DIRECTIONS))
    fixed = [_fixed_cost(boxes, marks, limits) + gaps for boxes in candidates]
    chosen = [int(cost.argmin()) for cost in fixed]
    for _ in range(SWEEPS):
        for index in range(len(marks)):
            boxes = [
                candidates[other][chosen[other]] for other in range(len(marks)) if other != index
            ]
            others = np.asarray(boxes).reshape(-1, 2, 2)
            covered = _overlap(candidates[index], others).sum(axis=1)
            chosen[index] = int((fixed[index] + TEXT * covered).argmin())
    boxes = [boxes[choice] for boxes, choice in zip(candidates, chosen, strict=True)]
    return np.asarray(boxes, dtype=np.float64).reshape(-1, 2, 2)


def _boxes(mark: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return candidate boxes as lower left and upper right corners, shape (m, 2, 2).

    Each box touches the circle around the mark whose radius is its gap.
    """
    directions = np.tile(DIRECTIONS, len(GAPS))
    gaps = np.repeat(GAPS, len(DIRECTIONS))[:, None]
    units = np.stack([directions.real, directions.imag], axis=1)
    middles = mark + units * gaps + np.clip(units * 2**0.5, -1, 1) * size / 2
    return np.stack([middles - size / 2, middles + size / 2], axis=1)


def _fixed_cost(
    boxes: NDArray[np.float64], marks: NDArray[np.float64], limits: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the cost of boxes outside the map and over marks."""
    area = np.prod(boxes[:, 1] - boxes[:, 0], axis=1)
    outside = area - _overlap(boxes, limits[None]).sum(axis=1)
    right_of = marks[None] > boxes[:, None, 0] - RADIUS
    left_of = marks[None] < boxes[:, None, 1] + RADIUS
    touched = (right_of & left_of).all(axis=2).sum(axis=1)
    return np.asarray(OUTSIDE * outside + MARK * touched, dtype=np.float64)


def _overlap(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the overlapping area of each pair of boxes, shape (boxes, others)."""
    low = np.maximum(boxes[:, None, 0], others[None, :, 0])
    high = np.minimum(boxes[:, None, 1], others[None, :, 1])
    return np.asarray(np.prod(np.maximum(high - low, 0), axis=2), dtype=np.float64)


def _write(panel: "Axes", text: str, mark: NDArray[np.float64], box: NDArray[np.float64]) -> None:
    """Draw a text in its box, in dots, and a thin line to its mark if that is far."""
    nearest = np.clip(mark, box[0], box[1])
    far = bool(np.linalg.norm(nearest - mark) > LEADER_DISTANCE * _figure(panel).dpi / 72)
    to_data = panel.transData.inverted().transform
    if far:
        x, y = np.stack([to_data(mark), to_data(nearest)], axis=1)
        panel.add_line(Line2D(x, y, color="#b5b2a9", linewidth=0.6, zorder=1.5))
    x_middle, y_middle = to_data(box.mean(axis=0)).tolist()
    drawn = panel.text(
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
    drawn.set_in_layout(False)


def _alignment(
    mark: NDArray[np.float64], box: NDArray[np.float64]
) -> Literal["left", "right", "center"]:
    """Return the alignment of a text: towards its mark."""
    if mark[0] <= box[0, 0]:
        return "left"
    return "right" if mark[0] >= box[1, 0] else "center"
