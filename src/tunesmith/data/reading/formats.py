"""Detect a file's format from its first bytes, or else from its name."""

import gzip
import zlib
from enum import StrEnum
from pathlib import Path

from tunesmith.data.reading.fasttext import FASTTEXT, is_marked
from tunesmith.data.reading.workbook import is_workbook
from tunesmith.errors import UnreadableFile

GZIP_MAGIC = b"\x1f\x8b"
_HEAD_BYTES = 4096


class Format(StrEnum):
    """The supported file formats."""

    DELIMITED = "delimited"
    JSON = "json"
    JSON_LINES = "json lines"
    TEXT = "text"
    PARQUET = "parquet"
    WORKBOOK = "workbook"


_BY_SUFFIX = {
    ".csv": Format.DELIMITED,
    ".tsv": Format.DELIMITED,
    ".tab": Format.DELIMITED,
    ".json": Format.JSON,
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
    ".txt": Format.TEXT,
    ".text": Format.TEXT,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".xlsx": Format.WORKBOOK,
    ".xlsm": Format.WORKBOOK,
    ".xls": Format.WORKBOOK,
    ".ods": Format.WORKBOOK,
}
SUFFIXES = tuple(_BY_SUFFIX)

_MARKUP = {".yml": "YAML", ".yaml": "YAML", ".xml": "XML", ".toml": "TOML", ".sql": "SQL"}
_NAMES = {Format.PARQUET: "Parquet file", Format.WORKBOOK: "workbook"}

_ARCHIVE = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_BINARY = (
    (_ARCHIVE, "a ZIP archive", "extract it"),
    (_OLD_OFFICE, "an old Office document", "save it in a newer format, or as CSV"),
    (b"\x89PNG", "an image (PNG)", "pass a file with texts"),
    (b"\xff\xd8\xff", "an image (JPEG)", "pass a file with texts"),
    (b"GIF8", "an image (GIF)", "pass a file with texts"),
    (b"%PDF", "a PDF", "copy its texts into a CSV or text file"),
    (b"SQLite format 3", "a SQLite database", "export the table as CSV"),
    (b"ARROW1", "an Arrow or Feather file", "read it with pyarrow and pass the table"),
    (
        b"\xff\xff\xff\xff",
        "a stream of Arrow batches",
        "pass its folder if save_to_disk wrote it, or read it with pyarrow and pass the table",
    ),
    (b"\x7fELF", "an executable", "pass a file with texts"),
    (b"BZh", "compressed with bzip2", "decompress it, or use gzip"),
    (b"\xfd7zXZ", "compressed with xz", "decompress it, or use gzip"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", "decompress it, or use gzip"),
    *(
        (bytes([0x80, protocol]), "a Python pickle", "pickles are never opened; save it as CSV")
        for protocol in (2, 3, 4, 5)
    ),
)


def file_format(path: Path) -> Format:
    """Return the format of a file.

    Raises
    ------
    UnreadableFile
        The file is empty or in an unsupported binary format.
    """
    head = _head(path)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise UnreadableFile(
            f"{path.name} is empty", hint="check that this is the intended file", file=path.name
        )
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    named = _BY_SUFFIX.get(suffixes[-1]) if suffixes else None
    is_office = head.startswith((_OLD_OFFICE, _ARCHIVE))
    if is_office and (named is Format.WORKBOOK or is_workbook(path)):
        return Format.WORKBOOK
    _refuse_binary(head, path.name)
    if head.startswith(b"PAR1"):
        return Format.PARQUET
    if named in (Format.PARQUET, Format.WORKBOOK):
        raise UnreadableFile(
            f"{path.name} is not a {_NAMES[named]}",
            hint="rename it to match its actual format",
            file=path.name,
        )
    if suffixes and (markup := _MARKUP.get(suffixes[-1])) is not None:
        raise UnreadableFile(
            f"{path.name} is {markup}, which is not read",
            hint="save its texts and labels as CSV or JSON Lines",
            file=path.name,
        )
    return _by_content(head, named)


def is_named_tsv(path: Path) -> bool:
    """Return whether the file name indicates tab-separated values."""
    return not {".tsv", ".tab"}.isdisjoint(suffix.lower() for suffix in path.suffixes)


def _by_content(head: bytes, named: Format | None) -> Format:
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if named is Format.JSON_LINES and begins == b"[":
        return Format.JSON
    if named is None and begins in (b"{", b"["):
        return Format.JSON
    first = head.partition(b"\n")[0].decode(errors="replace")
    if named in (None, Format.DELIMITED) and first.startswith(FASTTEXT):
        return Format.TEXT
    if named is None and is_marked(first):
        return Format.TEXT
    return named or Format.DELIMITED


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.startswith(GZIP_MAGIC):
        return head
    try:
        with gzip.open(path) as unpacked:
            return unpacked.read(_HEAD_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise damaged_gzip(path.name) from error


def damaged_gzip(name: str) -> UnreadableFile:
    """Return the error for a truncated or corrupted gzip file."""
    return UnreadableFile(
        f"{name} is a damaged or truncated gzip file", hint="copy it again", file=name
    )


def _refuse_binary(head: bytes, name: str) -> None:
    for magic, what, advice in _BINARY:
        if head.startswith(magic):
            raise UnreadableFile(f"{name} is {what}, not a text file: {advice}", file=name)
