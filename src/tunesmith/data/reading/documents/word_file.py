"""Read a Word file (.docx) as a document."""

import re
from pathlib import Path
from typing import Final

from tunesmith.data.reading.archive import require_sound
from tunesmith.data.reading.documents.document import TOP_LEVEL, Document, Section, titled
from tunesmith.errors import UnreadableFile

_LARGEST: Final = 2**28
_LEVEL: Final = re.compile(r"heading (\d)", re.IGNORECASE)


def read_word(path: Path) -> Document | None:
    """Return a Word file as a document, or None if it has no text.

    Raises
    ------
    ModuleNotFoundError
        python-docx is not installed.
    UnreadableFile
        The file is damaged, or far larger when unpacked.
    """
    import docx
    from docx.table import Table

    require_sound(path, _LARGEST)
    found: list[tuple[str, int, list[str]]] = [("", TOP_LEVEL, [])]
    try:
        for block in docx.Document(str(path)).iter_inner_content():
            if isinstance(block, Table):
                found[-1][2].extend(" ".join(c.text for c in row.cells) for row in block.rows)
                continue
            style = (block.style and block.style.name) or ""
            level = _LEVEL.match(style)
            if level or style == "Title":
                found.append((block.text, int(level[1]) if level else TOP_LEVEL, []))
            else:
                found[-1][2].append(block.text)
    except Exception as error:  # python-docx raises errors of many types for damaged files
        raise UnreadableFile(f"{path.name} is damaged", file=path.name) from error
    sections = [Section("\n\n".join(texts), head, level) for head, level, texts in found]
    return titled(sections, path.stem)
