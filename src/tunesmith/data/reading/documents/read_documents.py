"""Read a folder of documents, or one document, as passages with ids, titles and texts."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import pyarrow as pa

from tunesmith.data.loaded import DocumentFiles, LeftOut, Records
from tunesmith.data.reading.documents.document import Document, Section, titled
from tunesmith.data.reading.documents.find import (
    HTML,
    MARKDOWN,
    PDF,
    PLAIN,
    RESTRUCTURED,
    WORD,
    FoundDocuments,
    find_documents,
)
from tunesmith.data.reading.documents.html_page import read_html
from tunesmith.data.reading.documents.markdown_file import read_markdown
from tunesmith.data.reading.documents.passages import passage_length, passages
from tunesmith.data.reading.documents.pdf_file import read_pdf
from tunesmith.data.reading.documents.restructured_text import read_restructured_text
from tunesmith.data.reading.documents.word_file import read_word
from tunesmith.data.reading.encoding import plain_text
from tunesmith.data.tokens import Characters, Tokens
from tunesmith.errors import UnreadableFile
from tunesmith.folders import file_digest

COLUMNS: Final = ("id", "title", "text")
FOLDER: Final = "folder"
"""The column with the folder of each document, if folders are labels."""
_DECLARED: Final = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_EXTRA: Final = "needs pip install 'tunesmith[documents]'"
_HEAD_BYTES: Final = 2048
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_MAX_CONTROL: Final = 0.02


def read_documents(
    path: Path, *, encoding: str | None = None, tokens: Tokens | None = None
) -> tuple[Records, DocumentFiles]:
    """Return the passages of a folder's documents, and what was left out.

    Parameters
    ----------
    path
        A folder, or a file that is one document.
    encoding
        The encoding of files that are not UTF-8; detected if None.
    tokens
        The token counter of the model that will read the passages; without it, a passage has at
        most 1,000 characters.

    Returns
    -------
    Records with the string columns ``id`` (``guide/cards.md``, or ``guide/cards.md#2`` for the
    second passage of several), ``title`` and ``text``; and the numbers of files.

    Raises
    ------
    UnreadableFile
        There is no document that can be read.
    """
    found, sound, left_out = _sound(path, encoding)
    tokens = tokens or Characters()
    cut = passages([one.document for one in sound if one.document], tokens)
    rows = [
        (_id(one.name, number, len(parts)), passage.title, passage.text)
        for one, parts in zip(sound, cut, strict=True)
        for number, passage in enumerate(parts, start=1)
    ]
    files = _files(sound, left_out, len(rows), passage_length(tokens))
    columns = (pa.array(list(column), pa.string()) for column in zip(*rows, strict=True))
    table = pa.table(dict(zip(COLUMNS, columns, strict=True)))
    numbers = np.arange(1, len(rows) + 1, dtype=np.int64)
    return Records(table, numbers, notes=found.notes), files


def read_labelled_documents(
    path: Path, *, encoding: str | None = None
) -> tuple[Records, DocumentFiles]:
    """Return the documents of a folder uncut, with the name of the folder that each one is in.

    A name of a file is never a part of the text, because it may give the label away.

    Parameters
    ----------
    path, encoding
        As for :func:`read_documents`.

    Returns
    -------
    Records with the string columns ``id``, ``folder`` and ``text``; and the numbers of files.

    Raises
    ------
    UnreadableFile
        There is no document that can be read.
    """
    found, sound, left_out = _sound(path, encoding)
    columns = {
        "id": [one.name for one in sound],
        FOLDER: [Path(one.name).parent.name or None for one in sound],
        "text": [_whole_text(one) for one in sound],
    }
    table = pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
    numbers = np.arange(1, table.num_rows + 1, dtype=np.int64)
    return Records(table, numbers, notes=found.notes), _files(sound, left_out, len(sound), 0)


def _whole_text(one: "_Read") -> str:
    assert one.document is not None
    named = titled([Section("text")], Path(one.name).stem)
    is_named = named is not None and one.document.title == named.title
    title = "" if is_named else one.document.title
    return f"{title}\n{one.document.text}".strip()


def documents_digest(path: Path) -> str:
    """Return the SHA-256 of the paths and bytes of a folder's documents, hexadecimal."""
    found = find_documents(path)
    digest = hashlib.sha256()
    for name in found.paths:
        digest.update(f"{name} {_document_digest(found, name)}\n".encode())
    return digest.hexdigest()


def _document_digest(found: FoundDocuments, name: str) -> str:
    try:
        return file_digest(found.root / name)
    except OSError:
        return "unreadable"


@dataclass(frozen=True)
class _Read:
    name: str
    document: Document | None = None
    reason: str = ""
    guessed: str = ""


def _sound(
    path: Path, encoding: str | None
) -> tuple[FoundDocuments, list[_Read], tuple[LeftOut, ...]]:
    """Return the files found, the documents that can be read, and the files that cannot."""
    found = find_documents(path)
    with TemporaryDirectory(prefix="tunesmith-") as folder:
        read = [_read(found.root / name, name, Path(folder), encoding) for name in found.paths]
    sound = [one for one in read if one.document is not None]
    left_out = (*found.left_out, *(LeftOut(one.name, one.reason) for one in read if one.reason))
    if not sound:
        first = left_out[-1]
        raise UnreadableFile(
            f"no document of {path.name} can be read: {first.path} is {first.reason}",
            file=path.name,
        )
    return found, sound, left_out


def _files(
    sound: Sequence[_Read], left_out: tuple[LeftOut, ...], passages: int, length: int
) -> DocumentFiles:
    return DocumentFiles(
        paths=tuple(one.name for one in sound),
        passages=passages,
        length=length,
        left_out=left_out,
        guessed=tuple((one.name, one.guessed) for one in sound if one.guessed),
    )


def _read(path: Path, name: str, folder: Path, encoding: str | None) -> _Read:
    """Read a document, or say why it cannot be read."""
    suffix = path.suffix.lower()
    guessed = ""
    try:
        if suffix in PDF:
            document = read_pdf(path)
        elif suffix in WORD:
            document = read_word(path)
        else:
            text, guessed = _text(path, folder, encoding)
            document = _reader(suffix)(text, path.stem)
    except ModuleNotFoundError:
        return _Read(name, reason=_EXTRA)
    except UnreadableFile as error:
        return _Read(name, reason=error.message.removeprefix(f"{path.name} is "))
    except OSError as error:
        return _Read(name, reason=f"unreadable: {error.strerror or error}")
    except RecursionError:
        return _Read(name, reason="too deeply nested")
    if document is None:
        empty = path.stat().st_size == 0
        return _Read(name, reason="empty" if empty else "without text")
    return _Read(name, document, guessed=guessed)


def _reader(suffix: str) -> Callable[[str, str], Document | None]:
    if suffix in MARKDOWN:
        return read_markdown
    if suffix in HTML:
        return read_html
    if suffix in RESTRUCTURED:
        return read_restructured_text
    assert suffix in PLAIN
    return _read_plain


def _read_plain(text: str, name: str) -> Document | None:
    return titled([Section(text)], name)


def _text(path: Path, folder: Path, given: str | None) -> tuple[str, str]:
    """Return the text of a file, and its encoding if that was guessed."""
    content = path.read_bytes()
    if b"\x00" in content[:_HEAD_BYTES] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFile(f"{path.name} is binary, not text", file=path.name)
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        declared = _DECLARED.search(content[:_HEAD_BYTES])
    name = given or (declared[1].decode("ascii") if declared else None)
    plain = plain_text(path, folder, encoding=name)
    text = plain.path.read_text("utf-8", errors="replace")
    if len(_CONTROL.findall(text)) > _MAX_CONTROL * len(text):
        raise UnreadableFile(f"{path.name} is binary, not text", file=path.name)
    return text, plain.guessed or ""


def _id(name: str, number: int, count: int) -> str:
    return name if count == 1 else f"{name}#{number}"
