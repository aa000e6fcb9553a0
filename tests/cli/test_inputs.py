"""What an argument is: a text, a file or a folder, and never a mistyped name in silence."""

from pathlib import Path

import pytest

from tunesmith.cli.arguments.inputs import source
from tunesmith.errors import UnreadableFile, UsageError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with files and a subfolder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "articles").mkdir()
    for name in ("tickets.csv", "articles/cards.md", "my notes.txt", ".env"):
        (tmp_path / name).write_text("text\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("tickts.csv", "tickets.csv"),
        ("Tickets", "tickets.csv"),
        ("tickets.jsonl", "tickets.csv"),
        ("artcles", "articles"),
        ("articles/card.md", "cards.md"),
        ("articles/other", None),
        ("nothing.parquet", None),
        ("log.txt.gz", None),
        ("./letters", None),
        ("missing/README.md", None),
        ("artcles/", "articles"),
        ("handbook/", None),
    ],
)
def test_a_mistyped_name_is_an_error(folder: Path, word: str, meant: str | None) -> None:
    """It names the file that is meant, if there is one, and how to use the word as a text."""
    with pytest.raises(
        UnreadableFile, match="To use it as a text, pass it on standard input"
    ) as caught:
        source([word])
    guess = f"did you mean {meant}?" if meant else ""
    assert guess in str(caught.value)
    assert bool(meant) == ("did you mean" in str(caught.value))


@pytest.mark.parametrize(
    "word",
    [
        "where is my card?",
        "card",
        "and/or",
        "24/7",
        "https://example.com/a",
        "I lost tickets.csv",
        "env",
        "é" * 5000,
    ],
)
def test_a_text_stays_a_text(folder: Path, word: str) -> None:
    """A sentence, a word or an address is no path, whatever files there are."""
    assert source([word]).texts == (word,)


def test_several_texts_may_be_names(folder: Path) -> None:
    """Two files cannot be given, so only what looks like a path is an error among several texts."""
    assert source(["tickets", "article"]).texts == ("tickets", "article")
    with pytest.raises(UnreadableFile, match="there is no file b"):
        source(["a text", "b.csv"])


@pytest.mark.parametrize(("name", "what"), [("articles", "a folder"), ("tickets.csv", "a file")])
def test_files_and_texts_are_not_mixed(folder: Path, name: str, what: str) -> None:
    """A file or folder next to a text is an error."""
    with pytest.raises(UsageError, match=f"{name} is {what}: give one file or texts"):
        source(["a text", name])


def test_several_files_are_not_texts(folder: Path) -> None:
    """The message is about the files: none of the arguments is a text."""
    with pytest.raises(UsageError, match=r"tickets.csv and articles are 2 inputs: give one"):
        source(["tickets.csv", "articles"])


def test_an_existing_name_is_a_file_whatever_it_looks_like(folder: Path) -> None:
    """A file without a suffix, or with a space in its name, is read."""
    (folder / "letters").write_text("one\n", encoding="utf-8")
    assert source(["letters"]).path == Path("letters")
    assert source(["my notes.txt"]).path == Path("my notes.txt")
