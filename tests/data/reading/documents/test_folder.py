"""A folder of documents: which files are read, in which order, and into which passages."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tunesmith.data import detect, read
from tunesmith.data.checks.check import check
from tunesmith.data.reading.documents.document import Document, Section
from tunesmith.data.reading.documents.passages import passages
from tunesmith.data.reading.open_rows import open_rows
from tunesmith.errors import UnreadableFile


class Words:
    """Counts words, and two special tokens."""

    def __init__(self, max_length: int = 30) -> None:
        self.max_length = max_length

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        return np.array([len(text.split()) + 2 for text in texts], dtype=np.int64)


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A folder with documents of several formats, and other files."""
    write(
        tmp_path,
        b_md="# B\n\nA text.",
        a__z_html="<title>Z</title><p>A page.",
        a__c_rst="Cards\n=====\n\nText.",
        B_txt="Plain text.\nSecond line.",
        a_png="no text",
        a__d_css="p {}",
    )
    return tmp_path


def test_files_by_path(docs: Path) -> None:
    """Ids are paths, in their order; other types are counted."""
    loaded = read(docs)
    assert loaded.table["id"].to_pylist() == ["B.txt", "a/c.rst", "a/z.html", "b.md"]
    assert loaded.table["title"].to_pylist() == ["B", "Cards", "Z", "B"]
    assert loaded.notes == ("2 files of other types ignored (.css and .png)",)
    detected = detect(loaded)
    assert (detected.kind, detected.columns) == ("texts", {"text": "title+text"})
    assert detected.reason == "texts: 4 documents, title and text"
    assert detected.examples.texts()[0] == "B\nPlain text.\nSecond line."


def test_the_digest_depends_on_documents_only(docs: Path) -> None:
    """Times and other files do not matter; names and bytes do."""
    before = read(docs).digest
    os.utime(docs / "b.md", (1, 1))
    (docs / "other.css").write_text("p {}")
    assert read(docs).digest == before
    (docs / "b.md").rename(docs / "c.md")
    assert read(docs).digest != before


def test_what_is_left_out_is_named(docs: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Empty, binary, damaged and linked files are a finding with names and reasons."""
    outside = tmp_path_factory.mktemp("outside") / "secret.md"
    outside.write_text("A secret.")
    (docs / "link.md").symlink_to(outside)
    (docs / "links").symlink_to(outside.parent)
    (docs / "empty.md").touch()
    (docs / "blank.html").write_text("<script>x</script>")
    (docs / "binary.txt").write_bytes(bytes(range(256)))
    (docs / "damaged.docx").write_bytes(b"PK")
    write(docs, _git__x_md="# Hidden")
    (docs / ".git").mkdir(exist_ok=True)
    (docs / ".git" / "x.md").write_text("# Hidden")
    loaded = read(docs)
    assert loaded.documents is not None
    assert {each.path: each.reason for each in loaded.documents.left_out} == {
        "link.md": "a symbolic link, which is not followed",
        "links": "a symbolic link, which is not followed",
        "empty.md": "empty",
        "blank.html": "without text",
        "binary.txt": "binary, not text",
        "damaged.docx": "damaged",
    }
    assert "A secret." not in str(loaded.table["text"].to_pylist())
    found = [each for each in check(detect(loaded), loaded) if each.code == "left-out-file"]
    assert [each.count for each in found] == [6]
    assert "binary.txt (binary, not text)" in found[0].message


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_an_unreadable_file_is_named(docs: Path) -> None:
    """A file without permission is left out with the reason."""
    (docs / "b.md").chmod(0)
    loaded = read(docs)
    assert loaded.documents is not None
    assert loaded.documents.left_out[0].reason == "unreadable: Permission denied"


def test_encodings(docs: Path) -> None:
    """A page says its encoding, a text file's is guessed with a warning or given."""
    text = "Die Gebühr für Überweisungen beträgt höchstens fünf Euro, auch für größere Beträge."
    page = f'<meta charset="windows-1252"><title>Gebühren</title><p>{text}'
    (docs / "page.html").write_bytes(page.encode("cp1252"))
    (docs / "note.txt").write_bytes(text.encode("cp1252"))
    loaded = read(docs)
    assert loaded.table["text"].to_pylist()[-2:] == [text, text]
    codes = [each.code for each in check(detect(loaded), loaded)]
    assert "guessed-encoding" in codes
    assert loaded.documents is not None
    assert loaded.documents.guessed == (("note.txt", "cp1252"),)
    given = read(docs, encoding="cp1252")
    assert given.documents is not None
    assert given.documents.guessed == ()


def test_a_folder_without_documents(tmp_path: Path) -> None:
    """The error names what is there."""
    with pytest.raises(UnreadableFile, match=r"has no documents .* it is empty"):
        read(tmp_path)
    (tmp_path / "data.csv").write_text("a,b\n")
    with pytest.raises(UnreadableFile, match=r"it contains data\.csv"):
        read(tmp_path)
    (tmp_path / "empty.md").touch()
    (tmp_path / "data.csv").unlink()
    with pytest.raises(UnreadableFile, match=r"can be read: empty\.md is empty"):
        read(tmp_path)


def test_a_folder_of_data_files(docs: Path) -> None:
    """A README next to data files, or in a model's folder, does not make a folder of documents."""
    for number in range(5):
        (docs / f"part-{number}.parquet").touch()
    with pytest.raises(UnreadableFile, match=r"it has data files.* such as .*part-0\.parquet"):
        read(docs)


@pytest.mark.parametrize("data", ["train.csv", "data/train-00000.parquet", "a/b.jsonl", "x.xlsx"])
@pytest.mark.parametrize("others", [["README.md"], ["readme.txt", "LICENSE.txt"], ["notes.md"]])
def test_a_data_file_with_its_readme(others: list[str], data: str, tmp_path: Path) -> None:
    """The README is not read in place of the data."""
    for name in (*others, data):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("A text about the data.")
    with pytest.raises(UnreadableFile) as raised:
        read(tmp_path)
    assert data in raised.value.message
    assert data in raised.value.hint
    (tmp_path / "guide.md").write_text("A real document.")
    (tmp_path / "more.md").write_text("Another one.")
    assert read(tmp_path).table.num_rows == len(others) + 2


def test_a_name_that_is_not_utf_8(docs: Path) -> None:
    """A file whose name cannot be an id is left out."""
    try:
        Path(os.fsdecode(os.fsencode(docs) + b"/caf\xe9.md")).write_text("# A text.\n\nText.")
    except OSError:
        pytest.skip("the file system refuses such names")
    loaded = read(docs)
    assert loaded.documents is not None
    assert [each.path for each in loaded.documents.left_out] == ["caf\ufffd.md"]


def test_a_loop_of_links_ends(docs: Path) -> None:
    """A link to a folder above is not followed."""
    (docs / "a" / "up").symlink_to(docs)
    assert len(read(docs).table) == 4


def test_a_beir_folder_stays_one(tmp_path: Path) -> None:
    """A folder with a part of a BEIR folder is not read as documents."""
    write(tmp_path, corpus_jsonl='{"_id": "1", "text": "a"}\n', README_md="# Data\n\nText.")
    with pytest.raises(UnreadableFile, match=r"lacks queries\.jsonl and qrels"):
        read(tmp_path)
    with pytest.raises(UnreadableFile, match="is a BEIR folder: pass one of its files"):
        open_rows(tmp_path, tmp_path)


def test_one_document_alone(docs: Path) -> None:
    """A Markdown file is a document; a text file still has a text on every line."""
    assert read(docs / "b.md").table["id"].to_pylist() == ["b.md"]
    assert read(docs / "B.txt").table["text"].to_pylist() == ["Plain text.", "Second line."]


def test_batches_are_the_same(docs: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The reader of long files gives the rows of the reader of tables."""
    write(docs, long_md="# Long\n\n" + " ".join(f"Sentence number {n}." for n in range(80)))
    loaded = read(docs, tokens=Words())
    rows = open_rows(docs, tmp_path_factory.mktemp("work"), tokens=Words())
    assert [dict(zip(rows.names, row, strict=True)) for row in rows.cells()] == (
        loaded.table.to_pylist()
    )


LONG = Document(
    "Cards",
    (
        Section(" ".join(f"Fee {n} is due." for n in range(3))),
        Section(" ".join(f"Step {n} is to call." for n in range(40)), "Lost card", 2),
        Section("One short part.", "Fees", 2),
        Section("Another short part.", "Limits", 2),
    ),
)


def test_passages_follow_headings_and_sentences() -> None:
    """A passage begins at a heading or sentence, which joins the title, and overlaps the last."""
    found = passages([LONG], Words(60))[0]
    assert found[0].title == "Cards"
    assert {each.title for each in found[1:-1]} == {"Cards: Lost card"}
    assert all(each.text.startswith("Step ") for each in found[1:-1])
    assert all(each.text.endswith(".") for each in found)
    assert found[-1].title == "Cards: Fees"
    assert found[-1].text.split("\n\n") == ["One short part.", "Limits", "Another short part."]
    first, second = found[1].text, found[2].text
    assert any(first.endswith(sentence + ".") for sentence in second.split(".")[:2])


def test_ids_of_passages(tmp_path: Path) -> None:
    """The passages of a long document are numbered from 1."""
    text = " ".join(f"Sentence number {n}." for n in range(30))
    write(tmp_path, guide__long_md=f"# Long\n\n{text}", guide__short_md="# Short\n\nText.")
    ids = read(tmp_path, tokens=Words()).table["id"].to_pylist()
    assert ids[:2] == ["guide/long.md#1", "guide/long.md#2"]
    assert ids[-1] == "guide/short.md"


@given(
    st.lists(
        st.tuples(
            st.integers(0, 40), st.sampled_from(["", "Fees", "Lost card"]), st.integers(1, 6)
        ),
        min_size=1,
        max_size=6,
    )
)
def test_no_word_is_lost_and_no_passage_is_too_long(sections: list[tuple[int, str, int]]) -> None:
    """Every word of a document is in a passage, and every passage fits the model."""
    numbers = iter(range(10_000))
    made = [
        Section(" ".join(f"w{next(numbers)} and more." for _ in range(count)), heading, level)
        for count, heading, level in sections
    ]
    document = Document("Title", tuple(made))
    words = {word for each in made for word in each.text.split()}
    found = passages([document], Words())[0] if words else []
    assert words <= {word for each in found for word in each.text.split()}
    assert all(length <= 30 for length in Words().token_lengths([each.whole for each in found]))


def test_a_text_without_spaces_is_cut() -> None:
    """A long run of characters, as in Chinese without punctuation, is cut as well."""

    class Characters:
        max_length = 50

        def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
            return np.array([len(text) for text in texts], dtype=np.int64)

    found = passages([Document("标题", (Section("电" * 400),))], Characters())[0]
    assert len(found) > 8
    assert max(len(each.whole) for each in found) <= 50
