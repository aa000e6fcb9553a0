"""Tests of `tunesmith plot`: several models, labels, clusters and errors."""

import json
import shutil
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import matplotlib as mpl
import pytest
from typer.testing import Result

Run = Callable[..., Result]


def _svg_text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.fixture
def svg_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store text in SVG files as text, so that tests can read it."""
    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")


def test_models_are_plotted_side_by_side(
    run: Run, svg_text: None, fitted: Path, tiny_model: Path, examples: Path, tmp_path: Path
) -> None:
    """A fitted model with its base, one model, or several, with one legend."""
    data, copy = str(examples / "tickets.csv"), tmp_path / "copy"
    shutil.copytree(tiny_model, copy)
    name = tiny_model.name
    for models, titles in (
        ([fitted.name], [f"Before: {name}", f"After: {fitted.name}"]),
        ([str(tiny_model)], [name]),
        ([str(tiny_model), str(copy), fitted.name], [name, "copy", fitted.name]),
    ):
        out = tmp_path / "map.svg"
        result = run("plot", *models, data, "-o", str(out), "--limit", "60")
        assert result.exit_code == 0, result.stderr
        assert "60 texts of 6" in result.stdout
        written = _svg_text(out)
        assert all(f">{title}, UMAP<" in written for title in titles)
        named = written.count(">refund_status<")
        assert 1 < named <= 1 + len(titles)  # in the legend, and on maps where there is room


def test_a_model_without_its_base_is_plotted_alone(
    run: Run, svg_text: None, fitted: Path, texts_file: Path, tmp_path: Path
) -> None:
    """The base may be missing if the model was fitted on another machine."""
    path = fitted / "tunesmith.json"
    metadata = json.loads(path.read_text(encoding="utf-8"))
    metadata["summary"]["base"] = str(tmp_path / "gone")
    path.write_text(json.dumps(metadata), encoding="utf-8")
    out = tmp_path / "map.svg"
    assert run(
        "plot", fitted.name, str(texts_file), "--columns", "text=text", "-o", str(out)
    ).stdout
    assert f">After: {fitted.name}, PCA<" in _svg_text(out)
    assert "Before" not in _svg_text(out)


def test_unlabelled_texts_are_coloured_by_cluster(
    run: Run, svg_text: None, tiny_model: Path, examples: Path, tmp_path: Path
) -> None:
    """The number of clusters is automatic or given; --clusters overrides labels."""
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(f"my card {word} is late" for word in "abcdefgh"), encoding="utf-8")
    out = tmp_path / "map.svg"
    assert run("plot", str(tiny_model), str(texts), "-o", str(out)).exit_code == 0
    assert "k-means clusters: mean silhouette" in _svg_text(out)
    assert "my card c is late" in _svg_text(out)
    words = [str(examples / "tickets.csv"), "--clusters", "3", "--limit", "50"]
    assert run("plot", str(tiny_model), *words, "-o", str(out)).exit_code == 0
    assert "3 k-means clusters" in _svg_text(out)
    assert "refund_status" not in _svg_text(out)


BAD = [
    (["m", "DATA", "-o", "map.gif"], "ends in .png, .svg or .pdf"),
    (["m", "DATA"], "missing option '--output'"),
    (["m", "DATA", "-o", "no/such/map.png"], "no/such"),
    (["m", "DATA", "-o", "map.png", "--clusters", "0"], "--clusters"),
    (["m", "DATA", "-o", "map.png", "--clusters", "21"], "--clusters"),
    (["m", "DATA", "-o", "map.png", "--clusters", "5"], "only 4 distinct texts"),
    (["m", "DATA", "-o", "map.png", "--clusters", "2", "--columns", "label=id"], "give one of"),
    (["m", "DATA", "-o", "map.png", "--method", "mds"], "'mds' is not one of"),
    (["m", "DATA", "-o", "map.png", "--columns", "text=body"], "no column 'body': it has id, text"),
    (["m", "DATA", "-o", "map.png", "--columns", "text=text,label=x"], "no column 'x'"),
    (["m", "EMPTY", "-o", "map.png", "--columns", "text=text"], "empty.csv"),
    (["m", "nowhere.csv", "-o", "map.png"], "nowhere.csv"),
    (["m", ".", "-o", "map.png"], "folder"),
    (["a", "b", "c", "d", "e", "DATA", "-o", "map.png"], "at most 4 models, not 5"),
    (["m", "m", "DATA", "-o", "map.png"], "given twice"),
    (["missing", "DATA", "-o", "map.png", "--columns", "text=text"], "'missing'"),
    (["m", "DATA", "-o", "map.png", "--limit", "0"], "--limit"),
]


@pytest.mark.parametrize(("words", "message"), BAD)
def test_bad_input_is_one_line_before_a_model_is_loaded(
    run: Run, tiny_model: Path, texts_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    words: list[str], message: str,
) -> None:  # fmt: skip
    """The error names the problem, and no file is written."""
    monkeypatch.chdir(tmp_path)
    empty = tmp_path / "empty.csv"
    empty.write_text("id,text\n1,\n2, \n", encoding="utf-8")
    monkeypatch.setattr("tunesmith.encoders.text_encoder.TextEncoder.encode", None)
    given = {"m": str(tiny_model), "DATA": str(texts_file), "EMPTY": str(empty)}
    wants_column = "--clusters" in words and "--columns" not in words
    column = ["--columns", "text=text"] if wants_column else []
    result = run("plot", *(given.get(word, word) for word in words), *column)
    assert result.exit_code in {1, 2}
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list(tmp_path.glob("*.png"))


@pytest.mark.skipif(find_spec("umap") is None, reason="umap-learn is not installed")
@pytest.mark.usefixtures("uncompiled_umap")
def test_umap_is_deterministic_and_silent(
    run: Run, svg_text: None, tiny_model: Path, examples: Path, tmp_path: Path
) -> None:
    """Two runs give the same file, without messages of umap-learn or numba."""
    written = []
    for name in ("a.svg", "b.svg"):
        words = ["--method", "umap", "--limit", "12", "-o", str(tmp_path / name)]
        with warnings.catch_warnings(record=True) as warned:
            result = run("plot", str(tiny_model), str(examples / "tickets.csv"), *words)
        assert result.exit_code == 0, result.stderr
        assert not [one for one in warned if one.category is not ImportWarning]
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    assert f">{tiny_model.name}, UMAP<" in _svg_text(tmp_path / "a.svg")


def test_missing_umap_names_the_package(
    run: Run, texts_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One error line, before a model is loaded."""
    monkeypatch.setattr("tunesmith.evaluation.maps.projection.find_spec", lambda _: None)
    result = run("plot", "m", str(texts_file), "-o", "map.png", "--method", "umap")
    assert result.exit_code == 2
    assert "pip install 'tunesmith[maps]'" in result.stderr
    assert result.stderr.count("\n") == 1
