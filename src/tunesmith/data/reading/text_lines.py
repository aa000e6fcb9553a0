"""Read raw text files, with one text per line."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from tunesmith.data.loaded import Records, Rejected
from tunesmith.errors import UnreadableFile


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
    blank = with_tab = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                text = line.decode("utf-8").strip("\r\n")
            except UnicodeDecodeError:
                rejected.append(Rejected(number, "it contains bytes that are not UTF-8"))
                continue
            if not text.strip():
                blank += 1
                continue
            with_tab += "\t" in text
            texts.append(text)
            rows.append(number)
    if not texts:
        raise UnreadableFile(
            f"{name} contains no text: every line is blank or not UTF-8", file=name
        )
    table = pa.table({"text": pa.array(texts, pa.string())})
    notes = _notes(blank, tabs_everywhere=with_tab == len(texts))
    return Records(table, np.asarray(rows, dtype=np.int64), tuple(rejected), notes, False)


def _notes(blank: int, *, tabs_everywhere: bool) -> tuple[str, ...]:
    notes = []
    if blank:
        notes.append(f"{blank:,} blank line{'s' * (blank != 1)} skipped")
    if tabs_everywhere:
        notes.append("every line contains a tab: if the file is a table, rename it to .tsv")
    return tuple(notes)
