"""Read a reStructuredText file as a document.

docutils is not used: it drops the content of directives that it does not know, such as Sphinx's,
and includes other files.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from tunesmith.data.reading.documents.document import Document, Section, titled

_RULE: Final = re.compile(r"([=\-~^\"'`#*+.:_<>!$%&@])\1{2,}\s*")
_DIRECTIVE: Final = re.compile(r"\s*\.\. (?:\|[^|]+\| )?([\w:+-]+)::(?:\s+(.*))?$")
_TITLED: Final = frozenset(["note", "warning", "tip", "important", "hint", "caution", "admonition"])
_WITHOUT_TEXT: Final = frozenset(
    ["toctree", "raw", "include", "image", "contents", "highlight", "currentmodule", "only", "meta"]
)
_OPTION: Final = re.compile(r"\s+:[\w-]+:(\s.*)?$")
_COMMENT: Final = re.compile(r"\s*\.\.(\s|$)")
_TABLE: Final = re.compile(r"\s*(\+[-=+]+\+|[=-]{2,}( +[=-]{2,})+)\s*$")
_INLINE: Final = (
    (re.compile(r"``(.+?)``"), r"\1"),
    (re.compile(r"(?::[\w:+-]+:)?`([^`<]+?)\s*<[^`>]*>`_{0,2}"), r"\1"),
    (re.compile(r"(?::[\w:+-]+:)?`~?([^`]+)`_{0,2}"), r"\1"),
    (re.compile(r"\*\*(\S(?:.*?\S)?)\*\*"), r"\1"),
    (re.compile(r"(?<![\w*])\*(\S(?:[^*]*?\S)?)\*(?![\w*])"), r"\1"),
    (re.compile(r"\|(\S[^|]*)\|_{0,2}"), r"\1"),
    (re.compile(r"(?<=\w)_(?=[\s.,;:)]|$)"), ""),
    (re.compile(r"::$"), ":"),
)


def read_restructured_text(text: str, name: str) -> Document | None:
    r"""Return a reStructuredText file as a document, or None if it has no text.

    Examples
    --------
    >>> document = read_restructured_text("Cards\n=====\n\nA *card* is :ref:`free <fees>`.", "a")
    >>> document.title, document.text
    ('Cards', 'A card is free.')
    """
    lines = text.expandtabs().splitlines()
    levels: dict[tuple[str, bool], int] = {}
    found: list[tuple[str, int, list[str]]] = [("", 1, [])]
    number = 0
    while number < len(lines):
        over = _is_heading(lines, number + 1) and _is_rule(lines[number])
        if over or _is_heading(lines, number):
            heading, rule = lines[number + over], lines[number + over + 1]
            level = levels.setdefault((rule[0], over), len(levels) + 1)
            found.append((heading, level, []))
            number += 2 + over
        else:
            found[-1][2].append(lines[number])
            number += 1
    sections = [Section(_text(below), _plain(head), level) for head, level, below in found]
    return titled(sections, name)


def _is_rule(line: str) -> bool:
    return _RULE.fullmatch(line) is not None


def _is_heading(lines: Sequence[str], number: int) -> bool:
    """Return whether a line is underlined."""
    if number + 1 >= len(lines):
        return False
    line, rule = lines[number].strip(), lines[number + 1]
    is_text = bool(line) and not _is_rule(line) and not _COMMENT.match(line)
    return is_text and _is_rule(rule) and len(rule.strip()) >= min(len(line), 3)


def _text(lines: Sequence[str]) -> str:
    kept = (_plain(line.strip()) for line in _without_directives(lines))
    return "\n".join(kept)


def _without_directives(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines, with the content of directives but without their names and options."""
    hidden: int | None = None  # the indent of a comment, whose indented lines are left out
    options = False
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if hidden is not None and (not line.strip() or indent > hidden):
            continue
        hidden = None
        if options and _OPTION.match(line):
            continue
        options = False
        if directive := _DIRECTIVE.match(line):
            options = True
            hidden = indent if directive[1] in _WITHOUT_TEXT else None
            if directive[1] in _TITLED and directive[2]:
                yield directive[2]
        elif _COMMENT.match(line):
            hidden = indent
        elif not _TABLE.match(line):
            yield line


def _plain(line: str) -> str:
    """Return a line without inline markup."""
    for pattern, replacement in _INLINE:
        line = pattern.sub(replacement, line)
    return line
