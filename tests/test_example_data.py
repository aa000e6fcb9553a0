"""The examples come with the package."""

from pathlib import Path

import pytest

import tunesmith
from tunesmith.errors import OutputError, UnreadableFile

ROOT = Path(__file__).resolve().parent.parent


def test_every_example_in_the_readme_exists() -> None:
    """By the name in its table, and its kind is detected."""
    rows = (ROOT / "examples" / "README.md").read_text("utf-8").splitlines()
    names = [row.split("`")[1].rstrip("/") for row in rows if row.startswith("| `")]
    assert len(names) == 11
    for name in names:
        assert len(tunesmith.read(tunesmith.example(name)))


def test_an_unknown_example_lists_those_there_are() -> None:
    """Neither a path nor the README is an example."""
    for name in ("tickets", "../README.md", "README.md", "follow_fit.py", ""):
        with pytest.raises(UnreadableFile, match=r"tickets\.csv"):
            tunesmith.example(name)


def test_examples_are_copied_into_a_new_folder(tmp_path: Path) -> None:
    """An existing folder is left alone."""
    copied = tunesmith.copy_examples(tmp_path / "mine")
    assert (copied / "retrieval" / "corpus.jsonl").is_file()
    (copied / "tickets.csv").write_text("mine")
    with pytest.raises(OutputError):
        tunesmith.copy_examples(copied)
    assert (copied / "tickets.csv").read_text() == "mine"
