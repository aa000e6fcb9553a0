"""A document without markup: its title, and its text under headings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

TOP_LEVEL: Final = 1
_LINE_BREAKS: Final = re.compile(r"\n{3,}")
_LONGEST_TITLE: Final = 200


@dataclass(frozen=True)
class Section:
    """The text below a heading.

    Parameters
    ----------
    text
        Paragraphs, separated by blank lines.
    heading
        The heading; empty before the first one.
    level
        Its level, from 1.
    """

    text: str
    heading: str = ""
    level: int = TOP_LEVEL


@dataclass(frozen=True)
class Document:
    """A title and the sections that follow it, whose text is not empty as a whole."""

    title: str
    sections: tuple[Section, ...]

    @property
    def text(self) -> str:
        """The whole text, headings included, without the title."""
        parts = [part for each in self.sections for part in (each.heading, each.text)]
        return "\n\n".join(filter(None, parts))


def titled(sections: Sequence[Section], name: str, title: str = "") -> Document | None:
    """Return a document with its title, or None if there is no text.

    The title is the heading that the document begins with; else ``title``; else the first heading
    of the top level, or the name.

    Parameters
    ----------
    sections
        The sections in order.
    name
        The file's name without its suffix.
    title
        A title that the file has outside of its text, such as ``<title>``.

    Examples
    --------
    >>> document = titled([Section("A card is free.", "Cards"), Section("None.", "Fees", 2)], "a")
    >>> document.title, document.text.split()
    ('Cards', ['A', 'card', 'is', 'free.', 'Fees', 'None.'])
    >>> titled([Section("A card is free.")], "cards-2").title
    'cards 2'
    """
    kept = [_tidy(each) for each in sections]
    kept = [each for each in kept if each.text or each.heading]
    if not any(each.text for each in kept):
        return None
    begins = kept[0].heading
    tops = (each.heading for each in kept if each.heading and each.level == TOP_LEVEL)
    chosen = begins or _one_line(title) or next(tops, "") or re.sub(r"[-_]+", " ", name).strip()
    if begins:
        kept[0] = replace(kept[0], heading="")
    return Document(chosen[:_LONGEST_TITLE].strip(), tuple(kept))


def _tidy(section: Section) -> Section:
    text = _LINE_BREAKS.sub("\n\n", section.text.replace("\r\n", "\n")).strip()
    return replace(section, text=text, heading=_one_line(section.heading))


def _one_line(text: str) -> str:
    return " ".join(text.split())
