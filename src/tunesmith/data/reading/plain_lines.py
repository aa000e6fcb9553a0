r"""Rewrite lines of a delimited file so that DuckDB and the csv module read the same cells.

Both read a delimiter of one character and quotes that are doubled within cells. Other files are
rewritten line by line, so that line numbers stay the same.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

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
    if len(syntax.delimiter) > 1:
        lines = _with_one_delimiter(lines, syntax)
        syntax = replace(syntax, delimiter=NO_DELIMITER)
    return _without_escapes(lines, syntax) if syntax.escape else iter(lines)


def _with_one_delimiter(lines: Iterable[str], syntax: Syntax) -> Iterator[str]:
    """Replace the delimiter of two characters outside quoted cells, which may span lines."""
    if not syntax.quote:
        yield from (line.replace(syntax.delimiter, NO_DELIMITER) for line in lines)
        return
    cell, tail = _cell_patterns(syntax)
    within = False  # in a quoted cell that began on an earlier line
    for line in lines:
        end = tail.match(line) if within else None
        if within and end is None and syntax.delimiter not in line:
            yield line
            continue
        # A delimiter before the end means that the quote is never closed.
        start = end.end() if end and syntax.delimiter not in end[0] else 0
        cells = list(cell.finditer(line, start))
        within = any(found["open"] for found in cells)
        yield line[:start] + "".join(
            found["cell"] + NO_DELIMITER * bool(found["delimiter"]) for found in cells
        )


def _cell_patterns(syntax: Syntax) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a cell with its delimiter, and of the rest of a quoted cell."""
    quote, delimiter = syntax.quote, re.escape(syntax.delimiter)
    other = rf"[^{quote}\\]|\\." if syntax.escape else f"[^{quote}]"
    rest = rf"(?:{other}|{quote}{quote})*{quote}\s*(?={delimiter}|\Z)"
    plain = f"(?:(?!{delimiter}).)*"
    cell = rf"(?P<cell> *{quote}{rest}|(?P<open> *{quote}{plain}\Z)|{plain})"
    with_delimiter = rf"{cell}(?P<delimiter>{delimiter}|\Z)"
    return re.compile(with_delimiter, re.DOTALL), re.compile(rest, re.DOTALL)


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
