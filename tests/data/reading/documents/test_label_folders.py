"""Folders of documents as labels: read on request, and a finding where they may be meant."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tunesmith
from tests.data.checks.checked import sentences
from tunesmith.datasets.inspection import inspect, inspect_like
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import DataError, UsageError
from tunesmith.kinds import Kind
from tunesmith.results.finding import Finding, Severity

LABELS = [
    ("neg", "pos"),
    ("heating", "hot water", "lift"),
    ("电梯", "热水"),
    ("4 stars", "5 stars"),
]


def write(root: Path, labels: tuple[str, ...], suffix: str = ".txt", rows: int = 24) -> Path:
    """Write documents whose names give the label away, as those of IMDB do."""
    for row, text in enumerate(sentences(rows)):
        path = root / labels[row % len(labels)] / f"{row}_{labels[row % len(labels)]}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"<p>{text}</p>" if suffix == ".html" else text, encoding="utf-8")
    return root


def codes(data: tunesmith.Dataset) -> dict[str, Finding]:
    return {finding.code: finding for finding in data.findings}


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".rst"])
@pytest.mark.parametrize("labels", LABELS)
def test_folders_are_labels_on_request(
    labels: tuple[str, ...], suffix: str, tmp_path: Path
) -> None:
    """By the column or by the kind; texts are those of the files, without their names."""
    root = write(tmp_path / "reviews", labels, suffix)
    data = tunesmith.read(root, columns={"label": "folder"})
    assert (data.kind, len(data)) == (Kind.LABELLED, 24)
    assert {count.label: count.count for count in data.counts} == dict.fromkeys(
        labels, 24 // len(labels)
    )
    assert sorted(data.examples.texts()) == sorted(sentences(24))
    assert "label-folder" not in codes(data)
    again = tunesmith.read(root, kind="labelled")
    assert again.examples.table.equals(data.examples.table)
    assert again.digest == data.digest != tunesmith.read(root).digest


@pytest.mark.parametrize(("suffix", "severity"), [(".txt", "warning"), (".md", "note")])
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("above", ["", "part", "a/b"])
def test_a_finding_says_how_to_use_them(
    labels: tuple[str, ...], suffix: str, severity: str, above: str, tmp_path: Path
) -> None:
    """Documents of Markdown may as well be a manual."""
    write(tmp_path / "docs" / above, labels, suffix)
    data = tunesmith.read(tmp_path / "docs")
    found = codes(data)["label-folder"]
    assert (data.kind, found.severity) == (Kind.TEXTS, Severity(severity))
    assert all(label in found.message for label in labels)
    assert 'columns={"label": "folder"}' in found.advice


def test_folders_of_splits(tmp_path: Path) -> None:
    """Folders named like splits are no labels; those above the labels are passed separately."""
    for split in ("train", "test"):
        write(tmp_path / "imdb" / split, ("neg", "pos"))
    advice = codes(tunesmith.read(tmp_path / "imdb"))["label-folder"].advice
    assert "label" in advice
    assert "`test`" in advice
    write(tmp_path / "plain", ("train", "test"))
    advice = codes(tunesmith.read(tmp_path / "plain"))["label-folder"].advice
    assert "folder of each split" in advice
    assert "columns" not in advice


@pytest.mark.parametrize(
    "paths",
    [
        [f"{row}.txt" for row in range(12)],
        ["index.txt", *(f"guide/{row}.txt" for row in range(12)), "api/a.txt"],
        [f"guide/{row}.txt" for row in range(12)],
        [f"{row}/post.txt" for row in range(12)],
        [*(f"guide/{row}.txt" for row in range(6)), *(f"api/v1/{row}.txt" for row in range(6))],
    ],
)
def test_other_folders_are_only_documents(paths: list[str], tmp_path: Path) -> None:
    """One folder, one document in each, and files at several depths."""
    for path, text in zip(paths, sentences(len(paths)), strict=True):
        (tmp_path / path).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / path).write_text(text)
    assert "label-folder" not in codes(tunesmith.read(tmp_path))


def test_another_folder_is_read_alike(tmp_path: Path) -> None:
    """A folder of tests has the same column."""
    train, test = (write(tmp_path / name, ("neg", "pos")) for name in ("train", "test"))
    main = inspect(train, columns={"label": "folder"})
    other = inspect_like(test, main, None, DEFAULT_BASE)
    assert other.detected.columns == {"text": "text", "label": "folder"}


def test_documents_outside_of_folders(tmp_path: Path) -> None:
    """They have no label; if all are outside, the column is empty."""
    write(tmp_path, ("neg", "pos"))
    (tmp_path / "other.txt").write_text("A text without a folder.")
    missing = codes(tunesmith.read(tmp_path, columns={"label": "folder"}))["missing-label"]
    assert missing.count == 1
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat" / "a.txt").write_text("A text.")
    assert codes(tunesmith.read(tmp_path / "flat", columns={"label": "folder"}))["missing-label"]
    with pytest.raises((DataError, UsageError), match="folder"):
        tunesmith.read(tmp_path / "flat", kind="labelled")


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=12))
def test_long_documents_are_not_cut(
    tmp_path_factory: pytest.TempPathFactory, folders: list[str]
) -> None:
    """Each document is one row, in the order of the paths."""
    root = tmp_path_factory.mktemp("long")
    for number, folder in enumerate(folders):
        (root / folder).mkdir(exist_ok=True)
        (root / folder / f"{number:02}.md").write_text("# Head\n\n" + "A long text. " * 400)
    data = tunesmith.read(root, columns={"label": "folder"})
    assert data.examples.table["label"].to_pylist() == sorted(folders)
    assert data.examples.texts()[0].startswith("Head\nA long text.")
