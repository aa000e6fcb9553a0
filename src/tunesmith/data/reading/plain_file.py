"""Find a text file's actual format from its content, whatever its name says."""

import re
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

from tunesmith.data.column_names import is_known
from tunesmith.data.reading.dialect import find_dialect
from tunesmith.data.reading.encoding import MAX_LINE_BYTES, PlainText, plain_text
from tunesmith.data.reading.formats import Format
from tunesmith.data.reading.json_document import MAX_DOCUMENT_BYTES, holds_json
from tunesmith.data.reading.json_lines import holds_json_lines
from tunesmith.data.reading.tagged_words import refuse_tagged_words
from tunesmith.data.reading.workbook import sheet_as_csv
from tunesmith.errors import UnreadableFile

_REGULAR = 0.9
_HEAD = 20
_DASHES = re.compile(rb"\|?(?:\s*:?--+:?\s*\|)+(?:\s*:?--+:?)?")
_SHOWN = {Format.DELIMITED: "a table", Format.JSON_LINES: "JSON Lines", Format.JSON: "JSON"}


@dataclass(frozen=True)
class PlainFile:
    """A file as UTF-8, its format, and notes on how both were found."""

    text: PlainText
    form: Format
    notes: tuple[str, ...]


def plain_file(path: Path, form: Format, folder: Path, encoding: str | None) -> PlainFile:
    """Convert a text file, or a sheet of a workbook, to UTF-8 and find its format.

    Parameters
    ----------
    path
        The text file or workbook.
    form
        The format by its name.
    folder
        A folder for temporary copies.
    encoding
        The file's encoding; detected if None.

    Raises
    ------
    UnreadableFile, UsageError, MissingExtra
        As for :func:`tunesmith.data.reading.encoding.plain_text` and
        :func:`tunesmith.data.reading.workbook.sheet_as_csv`.
    """
    if form is Format.WORKBOOK:
        sheet, sheet_notes = sheet_as_csv(path, folder)
        return PlainFile(plain_text(sheet, folder), Format.DELIMITED, sheet_notes)
    # A JSON document is often a single line, so its reader limits the total size instead.
    longest = MAX_DOCUMENT_BYTES if form is Format.JSON else MAX_LINE_BYTES
    text = plain_text(path, folder, encoding=encoding, max_line=longest)
    actual = _actual(text.path, form)
    if actual in (Format.TEXT, Format.DELIMITED) and _is_markdown_table(text.path):
        raise UnreadableFile(
            f"{path.name} is a table in Markdown",
            hint="save it as CSV, without the line of dashes",
            file=path.name,
        )
    if actual in (Format.TEXT, Format.DELIMITED):
        refuse_tagged_words(text.path, path.name)
    notes = () if actual is form else (f"read as {_SHOWN[actual]}, despite the name of the file",)
    return PlainFile(text, actual, (*text.notes, *notes))


def _actual(path: Path, form: Format) -> Format:
    if form in (Format.TEXT, Format.DELIMITED):
        if holds_json(path):
            return Format.JSON
        if holds_json_lines(path):
            return Format.JSON_LINES
    if form is Format.TEXT and _is_table(path):
        return Format.DELIMITED
    return form


def _is_markdown_table(path: Path) -> bool:
    """Return whether a row of dashes follows a row of as many cells near the beginning."""
    with path.open("rb") as file:
        lines = [line.strip() for line in islice(file, _HEAD)]
    return any(
        _DASHES.fullmatch(line) and line.strip(b"|").count(b"|") == above.strip(b"|").count(b"|")
        for above, line in pairwise(lines)
    )


def _is_table(path: Path) -> bool:
    """Return whether lines of text are the rows of a table below known column names."""
    dialect = find_dialect(path)
    if dialect.header is None or dialect.width < 2 or dialect.prose:
        return False
    named = sum(map(is_known, dialect.header))
    return named > 0 and dialect.share >= (_REGULAR if named > 1 else 1)
