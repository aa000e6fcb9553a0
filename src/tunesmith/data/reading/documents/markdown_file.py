"""Read a Markdown file as a document."""

import re
from functools import cache
from typing import Final

from markdown_it import MarkdownIt

from tunesmith.data.reading.documents.document import Document
from tunesmith.data.reading.documents.html_page import read_html

_FRONT_MATTER: Final = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE: Final = re.compile(r"^title:[ \t]*(['\"]?)(.+?)\1[ \t]*$", re.MULTILINE)


def read_markdown(text: str, name: str) -> Document | None:
    r"""Return a Markdown file as a document, or None if it has no text.

    A front matter between lines of ``---`` is left out, except for its title.

    Examples
    --------
    >>> document = read_markdown("# Cards\n\nA *card* is [free](fees.md).", "cards")
    >>> document.title, document.text
    ('Cards', 'A card is free.')
    """
    text = text.replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    title = _TITLE.search(front[1]) if front else None
    body = text[front.end() :] if front else text
    return read_html(_parser().render(body), name, title[2] if title else "")


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")
