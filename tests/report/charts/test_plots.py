"""Tests of maps as image files."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

from tests.error_fields import about
from tunesmith.errors import OutputError, UsageError
from tunesmith.evaluation.maps.projection import Method
from tunesmith.report.charts.plots import plot_map

VECTORS = np.random.default_rng(0).normal(size=(36, 8))
LABELS = [f"_odd$label_{index % 4}" for index in range(36)]
SIGNATURES = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.mark.parametrize("extension", SIGNATURES)
def test_the_extension_sets_the_format(extension: str, tmp_path: Path) -> None:
    """PNG, SVG and PDF files have their signatures."""
    path = tmp_path / f"map{extension}"
    plot_map({"a": VECTORS, "b": 2 * VECTORS}, path, labels=LABELS)
    assert path.read_bytes().startswith(SIGNATURES[extension])


HOSTILE = [
    "$x_ مرحبا 👩\u200d👧 " + "long " * 40,
    r"\frac{1}{0} $$ \n",
    "<script>alert(1)</script>\n\t\x00\x1b[31m",
    "\u202egnirts desrever \ud800",
    "_" * 300,
    "",
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("extension", SIGNATURES)
def test_texts_are_not_interpreted(extension: str, tmp_path: Path) -> None:
    """Texts, labels and titles are neither mathematics nor markup and cause no warnings."""
    labels = [*HOSTILE, "$a", "$b"]
    for titles in (HOSTILE[:3], HOSTILE[3:]):
        few = {f"a {title[:99]}": VECTORS[:16] for title in titles}
        plot_map(
            few, tmp_path / f"few{extension}", labels=labels * 2, texts=HOSTILE * 2 + labels[:4]
        )
    typical = HOSTILE * 6  # of one cluster each
    apart = VECTORS + 30 * np.eye(6, 8)[np.arange(36) % 6]
    path = tmp_path / f"many{extension}"
    plot_map({"": apart}, path, texts=typical, clusters=6, method="tsne")


@pytest.mark.parametrize(
    ("method", "extension"),
    [("pca", ".png"), ("tsne", ".png"), ("tsne", ".svg"), ("tsne", ".pdf")],
)
def test_plots_are_deterministic(method: Method, extension: str, tmp_path: Path) -> None:
    """The same input and seed give the same bytes, with clusters and annotations."""
    for name in ("a", "b"):
        path = tmp_path / f"{name}{extension}"
        sets = {"Before": VECTORS[:14], "After": VECTORS[:14, :3]}
        plot_map(sets, path, texts=LABELS[:14], method=method, seed=3)
    assert path.read_bytes() == (tmp_path / f"a{extension}").read_bytes()


def _svg_texts(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.fixture
def svg_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store text in SVG files as text, so that tests can read it."""
    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")


def test_clusters_are_described(svg_text: None, tmp_path: Path) -> None:
    """The legend has the number, panel, silhouette, sizes and typical texts of clusters."""
    separated = VECTORS + 30 * np.eye(3, 8)[np.arange(36) % 3]
    texts = [f"text {number}" for number in range(36)]
    plot_map({"old": VECTORS, "new": separated}, tmp_path / "a.svg", texts=texts)
    written = _svg_texts(tmp_path / "a.svg")
    assert "3 k-means clusters of “new”: mean silhouette 0.9" in written
    assert "best of 2 to 10" in written
    assert written.count("12 texts, such as “text ") == 3
    plot_map({"new": separated}, tmp_path / "b.svg", clusters=5)
    written = _svg_texts(tmp_path / "b.svg")
    assert "5 k-means clusters<" in written
    assert "such as" not in written


def test_few_texts_are_annotated(svg_text: None, tmp_path: Path) -> None:
    """Up to 30 texts are annotated, in every panel."""
    texts = [f"sentence {number}." for number in range(31)]
    labels = ["a", "b"] * 15 + ["a"]
    plot_map({"a": VECTORS[:30], "b": VECTORS[:30]}, tmp_path / "a.svg", labels=labels[:30],
             texts=texts[:30])  # fmt: skip
    plot_map({"a": VECTORS[:31]}, tmp_path / "b.svg", labels=labels, texts=texts)
    assert _svg_texts(tmp_path / "a.svg").count("sentence") == 60
    assert "sentence" not in _svg_texts(tmp_path / "b.svg")


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_very_few_vectors_are_plotted(rows: int, tmp_path: Path) -> None:
    """A single vector works too, with and without labels."""
    for labels in (None, LABELS[:rows]):
        sets = {"a": VECTORS[:rows]}
        plot_map(sets, tmp_path / "map.png", labels=labels, texts=LABELS[:rows], method="tsne")


@pytest.mark.parametrize("models", [1, 2, 3, 4])
def test_up_to_four_models_have_a_panel_each(svg_text: None, models: int, tmp_path: Path) -> None:
    """Each panel has a title with the projection method."""
    sets = {f"model {number}": VECTORS * number for number in range(1, models + 1)}
    plot_map(sets, tmp_path / "map.svg", labels=LABELS)
    written = _svg_texts(tmp_path / "map.svg")
    assert all(f"{title}, UMAP" in written for title in sets)


def test_many_labels_are_plotted(svg_text: None, tmp_path: Path) -> None:
    """The most common labels are coloured; the others are grey and counted."""
    vectors = np.random.default_rng(1).normal(size=(120, 4))
    path = tmp_path / "map.svg"
    plot_map({"": vectors}, path, labels=[f"class {index % 40}" for index in range(120)])
    assert "30 other labels" in _svg_texts(path)


def test_usage_errors(tmp_path: Path) -> None:
    """Unknown extension, mismatched numbers, no vectors, and a missing folder."""
    png, one = tmp_path / "map.png", {"a": VECTORS}
    with pytest.raises(UsageError, check=about(option="path")):
        plot_map(one, tmp_path / "map.gif")
    with pytest.raises(UsageError, match="36 vectors but 2 labels"):
        plot_map(one, png, labels=["a", "b"])
    with pytest.raises(UsageError, match="36 vectors but 5 vectors of b"):
        plot_map({**one, "b": VECTORS[:5]}, png)
    with pytest.raises(UsageError, match="no vectors"):
        plot_map({"a": VECTORS[:0]}, png)
    with pytest.raises(UsageError, check=about(option="vectors")):
        plot_map({}, png)
    with pytest.raises(UsageError, check=about(option="vectors")):
        plot_map(dict.fromkeys("abcde", VECTORS), png)
    with pytest.raises(UsageError, check=about(option="clusters")):
        plot_map(one, png, labels=LABELS, clusters=3)
    with pytest.raises(UsageError, check=about(option="clusters")):
        plot_map(one, png, clusters=21)
    with pytest.raises(OutputError, match="cannot be written"):
        plot_map(one, tmp_path / "absent" / "map.png")
