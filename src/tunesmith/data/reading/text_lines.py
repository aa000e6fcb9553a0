"""Read raw text files, with one text per line."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from tunesmith.data.loaded import Records, Rejected
from tunesmith.data.reading.dialect import DELIMITERS
from tunesmith.data.reading.fasttext import is_marked
from tunesmith.data.reading.rows import Row, Rows, raise_on_rejected
from tunesmith.errors import UnreadableFile

_NOT_UTF8 = "it contains bytes that are not UTF-8"


def read_texts(path: Path, name: str) -> Records:
    """Read a UTF-8 file into the single column ``text``, skipping blank lines.

    Row numbers are line numbers.

    Raises
    ------
    UnreadableFile
        Every line is blank or not UTF-8.
    """
    texts: list[str] = []
    rows: list[int] = []
    rejected: list[Rejected] = []
    blank = 0
    for number, text in enumerate(_lines(path), start=1):
        if text is None:
            rejected.append(Rejected(number, _NOT_UTF8))
        elif not text.strip():
            blank += 1
        else:
            texts.append(text)
            rows.append(number)
    if not texts:
        raise UnreadableFile(
            f"{name} contains no text: every line is blank or not UTF-8", file=name
        )
    table = pa.table({"text": pa.array(texts, pa.string())})
    notes = (*_blank_notes(blank), *_table_notes(texts))
    return Records(table, np.asarray(rows, dtype=np.int64), tuple(rejected), notes, False)


def open_texts(path: Path, name: str) -> Rows:
    """Open a file to read its lines one by one; a blank line is a row without a text.

    Raises
    ------
    UnreadableFile
        While reading: a line is not UTF-8, and every row needs a result.
    """

    def cells() -> Iterator[Row]:
        for number, text in enumerate(_lines(path), start=1):
            if text is None:
                raise_on_rejected([Rejected(number, _NOT_UTF8)], name)
            yield (text if text and text.strip() else None,)

    return Rows(name, ("text",), cells)


def _lines(path: Path) -> Iterator[str | None]:
    """Yield each line, or None if it is not UTF-8."""
    with path.open("rb") as file:
        for line in file:
            try:
                yield line.decode("utf-8").strip("\r\n")
            except UnicodeDecodeError:
                yield None


def _blank_notes(blank: int) -> list[str]:
    return [f"{blank:,} blank line{'s' * (blank != 1)} skipped"] if blank else []


def _table_notes(texts: list[str]) -> list[str]:
    """Return a note if every line has the same number of a delimiter, as in a table."""
    if is_marked(texts[0]):
        return []
    for delimiter in DELIMITERS:
        counts = {text.count(delimiter) for text in texts}
        if len(texts) > 2 and len(counts) == 1 and 0 not in counts:
            shown, suffix = ("a tab", ".tsv") if delimiter == "\t" else (repr(delimiter), ".csv")
            return [f"every line contains {shown}: if the file is a table, rename it to {suffix}"]
    return []
