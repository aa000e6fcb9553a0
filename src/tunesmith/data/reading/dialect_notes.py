"""Describe the dialect of a delimited file in notes for the user."""

from textwrap import shorten

from tunesmith.data.reading.dialect import Dialect
from tunesmith.data.reading.header import column_names
from tunesmith.data.reading.plain_lines import NO_DELIMITER
from tunesmith.wording import listing, plural


def dialect_notes(dialect: Dialect) -> tuple[str, ...]:
    """Return a note for everything about a dialect that is not as in most files.

    Examples
    --------
    >>> from tunesmith.data.reading.plain_lines import Syntax
    >>> dialect_notes(Dialect(Syntax(";"), ("text", "label"), 2, titles=("Tickets of May",)))
    ("delimiter ';'", '1 line above the header skipped: “Tickets of May”')
    """
    return (*_syntax_notes(dialect), *_header_notes(dialect))


def _syntax_notes(dialect: Dialect) -> list[str]:
    delimiter, quote = dialect.syntax.delimiter, dialect.syntax.quote
    notes = []
    if delimiter not in (",", NO_DELIMITER):
        shown = "tab" if delimiter == "\t" else repr(delimiter)
        notes.append(f"delimiter {shown}{' (first line)' * dialect.declared}")
    if not quote:
        notes.append("quotes treated as ordinary characters")
    elif quote != '"':
        notes.append(f"cells in single quotes ({quote})")
    if dialect.syntax.escape:
        notes.append(r"a backslash escapes quotes and delimiters (\\ is one backslash)")
    if dialect.doubled_backslashes:
        notes.append(r"every backslash is doubled (\\) and kept as it is")
    return notes


def _header_notes(dialect: Dialect) -> list[str]:
    notes = []
    if dialect.titles:
        shown = listing([shorten(title, 60) for title in dialect.titles], quoted=True)
        notes.append(f"{plural(len(dialect.titles), 'line')} above the header skipped: {shown}")
    if dialect.header is None:
        named = ", ".join(column_names(None, dialect.width)[:4])
        notes.append(f"no header line: columns are named {named}")
    return notes
