"""Promises of the picture files."""

from pathlib import Path

import numpy as np
import pytest

from tunesmith.errors import OutputError, UsageError
from tunesmith.report.plots import plot_map

VECTORS = np.random.default_rng(0).normal(size=(36, 8))
LABELS = [f"_odd$label_{index % 4}" for index in range(36)]
STARTS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.mark.parametrize("ending", STARTS)
def test_the_ending_decides_the_format(ending: str, tmp_path: Path) -> None:
    """PNG, SVG and PDF files start as such files do."""
    path = tmp_path / f"map{ending}"
    plot_map(VECTORS, LABELS, path, tuned=2 * VECTORS)
    assert path.read_bytes().startswith(STARTS[ending])


@pytest.mark.filterwarnings("error")
def test_labels_are_drawn_as_they_are(tmp_path: Path) -> None:
    """Underscores, dollar signs and letters that the font lacks are no trouble."""
    texts = ["$x_ مرحبا 👩\u200d👧 " + "long " * 40] * 36
    plot_map(VECTORS, LABELS, tmp_path / "map.png", texts=texts, method="tsne")


def test_two_runs_give_one_picture(tmp_path: Path) -> None:
    """The same input gives the same bytes, also with groups found by k-means."""
    for name in ("a.svg", "b.svg"):
        plot_map(VECTORS, None, tmp_path / name, tuned=VECTORS[:, :3], method="tsne", seed=3)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_very_few_vectors_are_drawn(rows: int, tmp_path: Path) -> None:
    """Also a single one, with and without labels."""
    for labels in (None, LABELS[:rows]):
        plot_map(VECTORS[:rows], labels, tmp_path / "map.png", texts=LABELS[:rows])


def test_many_labels_are_drawn(tmp_path: Path) -> None:
    """More labels than colours."""
    vectors = np.random.default_rng(1).normal(size=(120, 4))
    path = tmp_path / "map.svg"
    plot_map(vectors, [f"class {index % 40}" for index in range(120)], path)
    assert path.stat().st_size > 1000


def test_wrong_use_is_named(tmp_path: Path) -> None:
    """An unknown ending, differing numbers, nothing to draw, a folder that is not there."""
    with pytest.raises(UsageError, match=r"map\.gif .* \.png"):
        plot_map(VECTORS, None, tmp_path / "map.gif")
    with pytest.raises(UsageError, match="36 vectors but 2 labels"):
        plot_map(VECTORS, ["a", "b"], tmp_path / "map.png")
    with pytest.raises(UsageError, match="36 vectors but 5 tuned"):
        plot_map(VECTORS, None, tmp_path / "map.png", tuned=VECTORS[:5])
    with pytest.raises(UsageError, match="no vectors"):
        plot_map(VECTORS[:0], None, tmp_path / "map.png")
    with pytest.raises(OutputError, match="cannot be written"):
        plot_map(VECTORS, None, tmp_path / "absent" / "map.png")
