"""Read an HTML page as a document; scripts, styles and navigation are left out."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tunesmith.data.reading.documents.document import Document, Section, titled

if TYPE_CHECKING:
    from bs4 import Tag

# Control characters that no text has mark headings, paragraphs and lines while tags are removed.
_HEADING: Final = "\x1c"
_LEVEL: Final = "\x1d"
_PARAGRAPH: Final = "\x1e"
_LINE: Final = "\x1f"
_MARKS: Final = dict.fromkeys(map(ord, f"{_HEADING}{_LEVEL}{_PARAGRAPH}{_LINE}"))

_DROPPED: Final = (
    "script", "style", "template", "noscript", "nav", "footer", "svg", "math", "iframe", "object",
    "button", "select", "textarea", "title",
)  # fmt: skip
_PARAGRAPHS: Final = (
    "p", "div", "section", "article", "main", "header", "aside", "ul", "ol", "dl", "table", "pre",
    "blockquote", "figure", "figcaption", "details", "summary", "address", "fieldset", "form", "hr",
)  # fmt: skip
_LINES: Final = ("li", "tr", "dt", "dd", "br", "caption")
_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_BOUNDARIES: Final = {
    **dict.fromkeys(_PARAGRAPHS, _PARAGRAPH),
    **dict.fromkeys(_LINES, _LINE),
    **dict.fromkeys(("td", "th"), " "),
}
_XML: Final = re.compile(r"^\s*<\?xml[^>]*>")


def read_html(text: str, name: str, title: str = "") -> Document | None:
    r"""Return an HTML page as a document, or None if it has no text.

    Parameters
    ----------
    text
        The page.
    name
        The file's name without its suffix, which is the title if the page has none.
    title
        A title that takes the place of ``<title>``.

    Examples
    --------
    >>> page = read_html("<title>Help</title><p>A <b>card</b> is free.</p><h2>Fees</h2>None.", "a")
    >>> page.title, page.text.split("\n\n")
    ('Help', ['A card is free.', 'Fees', 'None.'])
    """
    from bs4 import BeautifulSoup

    # The line break keeps the library from warning that a short text may be a file name.
    soup = BeautifulSoup(_XML.sub("", text).translate(_MARKS) + "\n", "html.parser")
    own_title = soup.title.get_text() if soup.title else ""
    page = soup.find("main") or soup.body or soup
    return titled(_sections("".join(_pieces(page))), name, title or own_title)


def _pieces(page: "Tag") -> Iterator[str]:
    """Yield the texts of a page, and marks where headings, paragraphs and lines begin and end.

    Each element is visited once, however deeply tags are nested.
    """
    from bs4.element import CData, NavigableString, Tag

    heading: Tag | None = None
    stack = [(page, iter(page.contents))]
    while stack:
        tag, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            yield _HEADING if tag is heading else _BOUNDARIES.get(tag.name, "")
            heading = None if tag is heading else heading
        elif isinstance(child, Tag):
            if child.name in _DROPPED:
                continue
            if child.name in _HEADINGS and heading is None:
                heading = child
                yield f"{_HEADING}{child.name[1]}{_LEVEL}"
            yield _BOUNDARIES.get(child.name, "")
            yield f" {child.get('alt') or ''} " if child.name == "img" else ""
            stack.append((child, iter(child.contents)))
        elif type(child) in (NavigableString, CData):  # other strings are comments and the like
            yield str(child)


def _sections(text: str) -> list[Section]:
    lead, *rest = text.split(_HEADING)
    sections = [Section(_paragraphs(lead))]
    for heading, below in zip(rest[::2], rest[1::2], strict=True):
        level, words = heading.split(_LEVEL)
        sections.append(Section(_paragraphs(below), _paragraphs(words), int(level)))
    return sections


def _paragraphs(text: str) -> str:
    paragraphs = (
        [" ".join(line.split()) for line in paragraph.split(_LINE)]
        for paragraph in text.split(_PARAGRAPH)
    )
    return "\n\n".join(filter(None, ("\n".join(filter(None, lines)) for lines in paragraphs)))
