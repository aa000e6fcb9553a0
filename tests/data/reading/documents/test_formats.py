"""Each format of documents gives the same title, headings and text, without markup."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tunesmith.data.reading.documents.document import Document
from tunesmith.data.reading.documents.html_page import read_html
from tunesmith.data.reading.documents.markdown_file import read_markdown
from tunesmith.data.reading.documents.pdf_file import read_pdf
from tunesmith.data.reading.documents.restructured_text import read_restructured_text
from tunesmith.data.reading.documents.word_file import read_word
from tunesmith.errors import UnreadableFile

MARKDOWN = """# Debit cards

A *card* is **free** for [members](members.md), see `fees` & rules.

- First item
- Second item

## Lost card

Call us at once.
"""
HTML = """<?xml version="1.0"?><html><head><title>Help</title><style>p {}</style></head><body>
<nav><a href="/">Home</a></nav><h1>Debit <b>cards</b></h1>
<p>A <i>card</i> is <b>free</b> for <a href="m">members</a>, see <code>fees</code> &amp;
   rules.</p><ul><li>First item</li><li>Second item</li></ul>
<script>alert("x")</script><h2>Lost card</h2><div>Call us at once.</div><footer>Imprint</footer>
"""
RST = """.. _cards:

===========
Debit cards
===========

A *card* is **free** for :ref:`members <members>`, see ``fees`` & rules.

.. toctree::
   :maxdepth: 2

   other

First item
Second item

Lost card
---------

.. highlight:: python

Call us at once.
"""
READERS = [
    (read_markdown, MARKDOWN),
    (read_markdown, MARKDOWN.replace("\n", "\r\n")),
    (read_html, HTML),
    (read_restructured_text, RST),
]


@pytest.mark.parametrize(("read", "text"), READERS)
def test_the_same_document(read: Callable[[str, str], Document | None], text: str) -> None:
    """Title, headings and words are those of the page, whatever the markup."""
    document = read(text, "cards-1")
    assert document is not None
    assert document.title == "Debit cards"
    assert [each.heading for each in document.sections] == ["", "Lost card"]
    lead, lost = (each.text for each in document.sections)
    assert lead.splitlines()[0] == "A card is free for members, see fees & rules."
    assert lead.splitlines()[-2:] == ["First item", "Second item"]
    assert lost == "Call us at once."


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: 'Front matter'\ndate: 2026-01-01\n---\n\ntext", "Front matter"),
        ("---\ntitle: Front\n---\n# Heading\n\ntext", "Heading"),
        ("## A heading\n\ntext", "A heading"),
        ("lead\n\n# Top\n\ntext", "Top"),
        ("lead\n\n## Below\n\ntext", "my file"),
        ("text", "my file"),
        ("Setext\n======\n\ntext", "Setext"),
    ],
)
def test_titles(text: str, title: str) -> None:
    """The first heading, the front matter, a top heading, or the file's name."""
    document = read_markdown(text, "my-file")
    assert document is not None
    assert document.title == title
    assert "---" not in document.text


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("<title>Page</title><p>text", "Page"),
        ("<title>Page</title><h1>Head</h1>text", "Head"),
        ("<p>text<h1>Head</h1>more", "Head"),
        ("text", "my file"),
        ("notes.html", "my file"),
    ],
)
def test_titles_of_pages(text: str, title: str) -> None:
    """The heading that the page begins with, its title, a top heading, or the file's name."""
    document = read_html(text, "my_file")
    assert document is not None
    assert document.title == title


@pytest.mark.parametrize(
    "text", ["", " \n\n", "<script>x</script>", "# Only a heading", "---\na: b\n---"]
)
def test_nothing_to_read(text: str) -> None:
    """A file without text is no document."""
    assert read_markdown(text, "empty") is None


@pytest.mark.parametrize(
    "text", ["<div>" * 20_000 + "deep", "<b" * 5000, "<h1>" * 500, "\x1c<p>a\x1d"]
)
def test_odd_pages_are_read(text: str) -> None:
    """Deep, broken and hostile markup raises nothing."""
    read_html(text, "odd")
    read_markdown(text, "odd")
    read_restructured_text(text, "odd")


def test_directives_keep_their_content() -> None:
    """Notes and unknown directives keep their text; comments, options and raw HTML do not."""
    text = """Title
=====

.. note:: Read this.

   Also this.

.. py:function:: send(card)
   :no-index:

   Sends a card.

.. a comment
   of two lines

.. raw:: html

   <b>gone</b>
"""
    document = read_restructured_text(text, "a")
    assert document is not None
    words = document.text.split()
    assert words == ["Read", "this.", "Also", "this.", "Sends", "a", "card."]


def test_word(tmp_path: Path) -> None:
    """Headings by style, paragraphs and tables."""
    docx = pytest.importorskip("docx")
    made = docx.Document()
    made.add_heading("Debit cards", 1)
    made.add_paragraph("A card is free.")
    made.add_heading("Fees", 2)
    table = made.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Abroad", "None"
    made.save(str(tmp_path / "cards.docx"))
    document = read_word(tmp_path / "cards.docx")
    assert document is not None
    assert document.title == "Debit cards"
    assert document.text.split("\n\n") == ["A card is free.", "Fees", "Abroad None"]


PDF = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R
/Resources <</Font <</F1 5 0 R>>>>>> endobj
4 0 obj <</Length 48>> stream
BT /F1 12 Tf 10 100 Td (A card is free.) Tj ET
endstream endobj
5 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> endobj
trailer <</Root 1 0 R>>
startxref
0
%%EOF
"""


def test_pdf(tmp_path: Path) -> None:
    """The text of the pages, with the file's name as the title."""
    pytest.importorskip("pypdf")
    path = tmp_path / "debit-cards.pdf"
    path.write_bytes(PDF)
    document = read_pdf(path)
    assert document is not None
    assert (document.title, document.text) == ("debit cards", "A card is free.")


@pytest.mark.parametrize(("read", "name"), [(read_pdf, "a.pdf"), (read_word, "a.docx")])
def test_damaged_files(read: Callable[[Path], Document | None], name: str, tmp_path: Path) -> None:
    """A file that only has the right name is an error."""
    pytest.importorskip("pypdf")
    pytest.importorskip("docx")
    path = tmp_path / name
    path.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(UnreadableFile, match="is damaged"):
        read(path)
