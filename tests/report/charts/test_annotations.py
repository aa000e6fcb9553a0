"""Tests of text annotations on maps."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tunesmith.report.charts.annotations import annotate


def _annotated(points: np.ndarray, texts: list[str]) -> Axes:
    figure = Figure((7, 7), 100)
    FigureCanvasAgg(figure)
    panel = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    panel.set_xlim(-1.2, 1.2)
    panel.set_ylim(-1.2, 1.2)
    annotate(panel, points.astype(np.float32), texts)
    return panel


def _boxes(panel: Axes) -> np.ndarray:
    figure = panel.get_figure()
    assert isinstance(figure, Figure)
    figure.draw_without_rendering()
    return np.asarray([text.get_window_extent().get_points() for text in panel.texts])


@pytest.mark.parametrize("seed", range(3))
def test_texts_hardly_overlap(seed: int) -> None:
    """30 texts, some crowded: they hardly overlap, and none leaves the map."""
    rng = np.random.default_rng(seed)
    points = np.concatenate([rng.uniform(-1, 1, (22, 2)), rng.normal(0.4, 0.03, (8, 2))])
    boxes = _boxes(_annotated(points, [f"a text about things, no. {n}" for n in range(30)]))
    low = np.maximum(boxes[:, None, 0], boxes[None, :, 0])
    high = np.minimum(boxes[:, None, 1], boxes[None, :, 1])
    overlap = np.prod(np.maximum(high - low, 0), axis=2)
    np.fill_diagonal(overlap, 0)
    assert overlap.max() < 0.01 * np.prod(boxes[0, 1] - boxes[0, 0])
    assert boxes.min() >= 0
    assert boxes.max() <= 700


def test_texts_are_shortened_and_not_interpreted() -> None:
    """Dollar signs are not mathematics, long texts take two lines, and blank texts are allowed."""
    texts = ["$x_1^{", "", "a\nb\tc", "word " * 200, "w" * 500, "<b>&amp;", "שלום 👩\u200d👧"]
    points = np.random.default_rng(0).uniform(-1, 1, (len(texts), 2))
    panel = _annotated(points, texts)
    shown = [text.get_text() for text in panel.texts]
    assert shown[:3] == ["$x_1^{", "", "a b c"]
    assert shown[5:] == texts[5:]
    assert all(len(text) <= 60 and text.count("\n") <= 1 for text in shown)
    assert not any(text.get_parse_math() for text in panel.texts)


def test_a_distant_text_has_a_line_to_its_mark() -> None:
    """Most of twelve texts at one point get a line, which starts at the point."""
    points = np.zeros((12, 2))
    panel = _annotated(points, [f"text {n} of twelve" for n in range(12)])
    assert len(panel.lines) >= 6
    for line in panel.lines:
        start = np.asarray(line.get_xydata())[0]
        assert np.allclose(start, 0, atol=1e-6)
