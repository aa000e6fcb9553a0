"""Detect the dialect of a delimited file: its delimiter, quoting, escapes and header.

DuckDB reads these files, but its sniffer is not used. In tests on small files it rejected those
with a broken quote or mixed line endings, and mistook a first row of texts for a header. The chosen
dialect is the one that splits most records of a sample into the same number of cells. So the body
of the file decides, and :mod:`tunesmith.data.reading.header` then looks for the header.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from tunesmith.data.reading.encoding import MAX_LINE_BYTES
from tunesmith.data.reading.header import Layout, find_layout, has_known_name
from tunesmith.data.reading.merged_rows import is_merged
from tunesmith.data.reading.plain_lines import NO_DELIMITER, Syntax, plain_lines

DELIMITERS = (",", ";", "\t", "|", "::", "||")
RARE_DELIMITERS = ("^", "~", "¦", "\x01")
"""Delimiters that are only considered if the header has a known name."""

_SAMPLE_BYTES = 2**18
_PROSE_LINES = 200
_DECLARED = re.compile(r'"?sep=(\\t|[^\w\s"]{1,2}|[ \t])"?[,;\t]*', re.IGNORECASE)
_R_HEADER = re.compile(r'"[^"]*"( "[^"]*")+\s*')


@dataclass(frozen=True)
class Dialect:
    """The dialect of a delimited file.

    Parameters
    ----------
    syntax
        How the cells of a line are separated and enclosed.
    header
        The cells of the header, ``width`` of them, or ``None`` if there is none.
    width
        The number of columns.
    lines_before
        The number of lines before the first row, the header's among them.
    titles
        The lines above the header.
    declared
        Whether the first line names the delimiter, as Excel writes it: ``sep=;``.
    plain_header
        Whether the file begins with a header of ``width`` cells, or with the first row.
    share
        The share of the sample's records that have ``width`` cells.
    prose
        Whether spaces follow the delimiter in most lines, as commas in a text.
    doubled_backslashes
        Whether every backslash is doubled, and none escapes a quote or delimiter.
    """

    syntax: Syntax
    header: tuple[str, ...] | None
    width: int
    lines_before: int = 0
    titles: tuple[str, ...] = ()
    declared: bool = False
    plain_header: bool = True
    share: float = 1.0
    prose: bool = False
    doubled_backslashes: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether DuckDB and the csv module can read the file as it is."""
        return self.syntax.is_plain and self.plain_header

    @property
    def plain(self) -> "Dialect":
        """The dialect of the file's rows, rewritten without header."""
        return Dialect(self.syntax.plain, None, self.width)


@dataclass(frozen=True)
class _Reading:
    """A sample as it reads in one syntax, and the first and last lines of its records."""

    syntax: Syntax
    records: list[list[str]]
    begins: list[int]
    ends: list[int]
    sound: bool
    layout: Layout

    @property
    def ends_header(self) -> bool:
        """Whether the delimiter is only at the end of the header, above one column."""
        layout = self.layout
        return layout.width == 1 == layout.share and len(self.records[layout.start]) > 1

    @property
    def is_half(self) -> bool:
        """Whether every second column is empty, as if a delimiter were doubled."""
        regular = [record for record in self.records if len(record) == self.layout.width]
        between = [cell for record in regular for cell in record[1::2]]
        return self.layout.width % 2 == 1 and bool(between) and not any(map(str.strip, between))

    @property
    def merges(self) -> bool:
        """Whether quotes in several rows of a file with tabs merge these rows."""
        return any(is_merged(record, "\t", ()) for record in self.records)

    @property
    def named(self) -> bool:
        return self.layout.width > 1 and has_known_name(self.records[self.layout.start])


@contextmanager
def long_fields() -> Iterator[None]:
    """Raise the csv module's field size limit to fit the longest accepted line."""
    before = csv.field_size_limit(2 * MAX_LINE_BYTES)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def csv_reader(lines: Iterable[str], syntax: Syntax, *, strict: bool = False) -> "csv._reader":  # type: ignore[name-defined]  # a name of the type stubs only
    """Return a reader of the csv module for lines in a plain syntax."""
    if not syntax.quote:
        return csv.reader(lines, delimiter=syntax.delimiter, quoting=csv.QUOTE_NONE)
    # DuckDB also allows spaces before an opening quote.
    return csv.reader(
        lines,
        delimiter=syntax.delimiter,
        quotechar=syntax.quote,
        skipinitialspace=True,
        strict=strict,
    )


def find_dialect(path: Path, *, tabs: bool = False) -> Dialect:
    """Detect the dialect of a UTF-8 file from its first 256 KiB; ``tabs`` if it is named TSV."""
    text = _sample_text(path)
    first, _, rest = text.partition("\n")
    if (declared := _DECLARED.fullmatch(first.strip("\r"))) and rest.strip():
        return _dialect(_best(rest, declared[1].replace("\\t", "\t")), text, declared=True)
    readings = [_best(text, delimiter) for delimiter in _candidates(text)]
    chosen = max(readings, key=lambda reading: _rank(reading, tabs=tabs))
    doubtful = chosen.layout.share < 0.5 and not chosen.named
    if chosen.layout.width == 1 or doubtful:
        ended = (reading for reading in readings if reading.ends_header)
        chosen = next(ended, None) or _best(text, NO_DELIMITER)
    return _dialect(chosen, text, declared=False)


def _are_doubled(text: str, syntax: Syntax) -> bool:
    return not syntax.escape and "\\\\" in text and "\\" not in text.replace("\\\\", "")


def _dialect(reading: _Reading, text: str, *, declared: bool) -> Dialect:
    layout, start = reading.layout, reading.layout.start
    head = reading.records[start]
    lines = reading.begins[start] - 1 if layout.header is None else reading.ends[start]
    edge = f"{reading.syntax.delimiter} "
    above = [edge[0].join(record).strip(edge) for record in reading.records[:start]]
    return Dialect(
        reading.syntax,
        layout.header,
        layout.width,
        lines_before=lines + declared,
        titles=tuple(filter(None, above)),
        declared=declared,
        plain_header=not declared
        and start == 0
        and (not layout.header or len(head) == layout.width),
        share=layout.share,
        prose=layout.prose,
        doubled_backslashes=_are_doubled(text, reading.syntax),
    )


def _sample_text(path: Path) -> str:
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
        if len(sample) == _SAMPLE_BYTES:
            sample += file.readline()
    return sample.decode("utf-8", "replace")


def _candidates(text: str) -> list[str]:
    found = [*DELIMITERS, *(delimiter for delimiter in RARE_DELIMITERS if delimiter in text)]
    if _R_HEADER.fullmatch(text.partition("\n")[0]):
        found.append(" ")
    return found


def _best(text: str, delimiter: str) -> _Reading:
    """Return a sample as it reads with a delimiter, with the quote and escape that fit best."""
    quote = "'" if _encloses_cells("'", text, delimiter) else '"'
    plain = _read(text, Syntax(delimiter, quote))
    if f"\\{quote}" in text or f"\\{delimiter}" in text:
        escaped = _read(text, Syntax(delimiter, quote, "\\"))
        gain = escaped.layout.share - plain.layout.share
        tied = (escaped.sound and not plain.sound) or _only_escaped(quote, plain.records)
        if gain > 0 or (gain == 0 and tied) or _goes_on(quote, text, delimiter):
            return escaped
    doubtful = not plain.sound or plain.merges
    if delimiter == "\t" and doubtful and not _encloses_cells(quote, text, delimiter, 0):
        unquoted = _read(text, Syntax(delimiter, ""))
        return unquoted if unquoted.layout.share == 1 else plain
    return plain


def _read(text: str, syntax: Syntax) -> _Reading:
    try:
        return _parsed(text, syntax, strict=True)
    except csv.Error:
        return _parsed(text, syntax, strict=False)


def _parsed(text: str, syntax: Syntax, *, strict: bool) -> _Reading:
    records, begins, ends = [], [], []
    lines = plain_lines(StringIO(text, newline=""), syntax)
    with long_fields():
        reader = csv_reader(lines, syntax.plain, strict=strict)
        begin = 1
        for record in _until_broken(reader, strict=strict):
            if record:
                records.append(record)
                begins.append(begin)
                ends.append(reader.line_num)
            begin = reader.line_num + 1
    layout = find_layout(records, prose=_is_prose(text, syntax))
    return _Reading(syntax, records, begins, ends, strict, layout)


def _until_broken(reader: Iterator[list[str]], *, strict: bool) -> Iterator[list[str]]:
    """Yield records; unless strict, those before the first that the csv module cannot read."""
    try:
        yield from reader
    except csv.Error:
        if strict:
            raise


def _is_prose(text: str, syntax: Syntax) -> bool:
    """Return whether most lines have a space after the delimiter, and no quote after it."""
    lines = text.split("\n", _PROSE_LINES)[:_PROSE_LINES]
    spaced = re.compile(f"{re.escape(syntax.delimiter)} +[^ {syntax.quote}]")
    enclosed = (
        re.compile(f"{syntax.quote}[^{syntax.quote}]*{syntax.quote}") if syntax.quote else None
    )
    outside = [enclosed.sub("", line) if enclosed else line for line in lines]
    return 2 * sum(spaced.search(line) is not None for line in outside) > len(lines)


def _encloses_cells(quote: str, text: str, delimiter: str, least: float = 0.5) -> bool:
    """Return whether a quote begins and ends a cell on more than a share of the lines."""
    if quote not in text:
        return False
    between = re.escape(delimiter)
    content = rf"(?:[^{quote}]|{quote}{quote}|\\{quote})*"
    cell = re.compile(rf"(?:^|{between}) *{quote}{content}{quote} *(?:$|{between})")
    lines = [line for line in text.splitlines() if line.strip()]
    return sum(cell.search(line) is not None for line in lines) > least * len(lines)


def _only_escaped(quote: str, records: list[list[str]]) -> bool:
    """Return whether there are quotes within cells, all of them after a backslash."""
    text = "".join(cell for record in records for cell in record)
    return 0 < text.count(quote) == text.count(f"\\{quote}")


def _goes_on(quote: str, text: str, delimiter: str) -> bool:
    """Return whether quoted cells go on after a quote with a backslash, and none is doubled."""
    between, escaped = re.escape(delimiter), f"\\{quote}"
    after = rf"(?! *(?:{between}|{quote}|[\r\n]|\Z))"
    inner = rf"(?:^|{between}) *{quote}[^{quote}]*{re.escape(escaped)}{after}"
    goes_on = re.search(inner, text, re.MULTILINE) is not None
    return goes_on and 2 * quote not in text.replace(escaped, "")


def _rank(reading: _Reading, *, tabs: bool) -> tuple[bool, bool, bool, bool, float, int]:
    delimiter, layout, named = reading.syntax.delimiter, reading.layout, reading.named
    splits = layout.width > 1 and (named or delimiter not in RARE_DELIMITERS)
    whole = not reading.is_half
    return splits, whole, named, tabs and delimiter == "\t", layout.share, layout.width
