r"""Rewrite lines of a delimited file so that DuckDB and the csv module read the same cells.

Both read a delimiter of one character and quotes that are doubled within cells. Other files are
rewritten line by line, so that line numbers stay the same.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

NO_DELIMITER = "\x1f"
"""A delimiter that occurs in no text: for files with one column, whose commas are text, and in
place of delimiters of two characters."""

_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)


@dataclass(frozen=True)
class Syntax:
    r"""How the cells of a line are separated and enclosed.

    Parameters
    ----------
    delimiter
        The characters between cells.
    quote
        The character that encloses cells, ``"`` or ``'``; empty if both are ordinary characters,
        as in some tab-separated files.
    escape
        ``\`` if it precedes quotes and delimiters within cells; empty if quotes are doubled.
    """

    delimiter: str
    quote: str = '"'
    escape: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether DuckDB and the csv module can read it."""
        return len(self.delimiter) == 1 and not self.escape

    @property
    def plain(self) -> "Syntax":
        """The syntax of the rewritten lines."""
        return Syntax(self.delimiter if len(self.delimiter) == 1 else NO_DELIMITER, self.quote)


def plain_lines(lines: Iterable[str], syntax: Syntax) -> Iterator[str]:
    r"""Yield the lines in ``syntax.plain``.

    Examples
    --------
    >>> list(plain_lines(['say \\"hi\\"\\, then go,a\n'], Syntax(",", escape="\\")))
    ['"say ""hi"", then go",a\n']
    >>> list(plain_lines(["a::b\n"], Syntax("::")))
    ['a\x1fb\n']
    """
    if syntax.escape:
        return _without_escapes(lines, syntax)
    if len(syntax.delimiter) > 1:
        return map(_delimiter_replacer(syntax), lines)
    return iter(lines)


def _delimiter_replacer(syntax: Syntax) -> Callable[[str], str]:
    quote = re.escape(syntax.quote)
    enclosed = f"{quote}(?:[^{quote}]|{quote}{quote})*{quote}|" if quote else ""
    pattern = re.compile(f"{enclosed}{re.escape(syntax.delimiter)}")

    def replaced(match: re.Match[str]) -> str:
        return NO_DELIMITER if match[0] == syntax.delimiter else match[0]

    return lambda line: pattern.sub(replaced, line)


def _without_escapes(lines: Iterable[str], syntax: Syntax) -> Iterator[str]:
    spaced = re.compile(f"{re.escape(syntax.delimiter)} +{syntax.quote}")
    within = False  # in a quoted cell that began on an earlier line
    for line in lines:
        if "\\" in line and not within and _is_closed(line, syntax) and not spaced.search(line):
            content = line.rstrip("\r\n")
            yield _requoted(content, syntax) + line[len(content) :]
        else:
            yield _ESCAPED.sub(lambda match: _doubled(match, syntax), line)
        within ^= not _is_closed(line, syntax)


def _is_closed(line: str, syntax: Syntax) -> bool:
    """Return whether every quote that a line opens is closed on it."""
    return _ESCAPED.sub("", line).count(syntax.quote) % 2 == 0


def _doubled(match: re.Match[str], syntax: Syntax) -> str:
    """Return an escape sequence within a quoted cell as it is written without escapes."""
    if match[1] == syntax.quote:
        return 2 * syntax.quote
    return "\\" if match[1] == "\\" else match[0]


def _requoted(line: str, syntax: Syntax) -> str:
    special = ("\\", syntax.quote, syntax.delimiter)
    # The csv module would remove a backslash before any other character.
    kept = _ESCAPED.sub(lambda match: match[0] if match[1] in special else f"\\\\{match[1]}", line)
    plain: dict[str, str] = {"delimiter": syntax.delimiter, "quotechar": syntax.quote}
    cells: list[str] = next(csv.reader([kept], escapechar="\\", **plain), [])  # type: ignore[arg-type]  # given by name
    out = io.StringIO()
    csv.writer(out, lineterminator="", **plain).writerow(cells)  # type: ignore[arg-type]  # given by name
    return out.getvalue()
