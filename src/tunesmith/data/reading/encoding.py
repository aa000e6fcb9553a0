"""Convert any text file to plain UTF-8: decompressed, no byte-order mark, limited line length.

Files that are already UTF-8 are not copied. Every pass streams, so memory use stays constant.
"""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tunesmith.data.reading.formats import GZIP_MAGIC, damaged_gzip
from tunesmith.errors import UnreadableFile

MAX_LINE_BYTES = 16 * 2**20
_CHUNK = 2**20

# UTF-32 comes first, because its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BROKEN = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")


@dataclass(frozen=True)
class PlainText:
    """A UTF-8 file (``path``), and notes on how it was converted (``notes``)."""

    path: Path
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Encoding:
    name: str
    mark: bytes
    note: str


def plain_text(path: Path, folder: Path, *, max_line: int = MAX_LINE_BYTES) -> PlainText:
    """Return the file itself if it is plain UTF-8, else a converted copy in ``folder``.

    A UTF-8 file with a few invalid bytes is left unchanged, and its reader rejects those lines.
    Any other file without a byte-order mark is decoded as cp1252, or as Latin-1 if it contains
    bytes that cp1252 does not define.

    Raises
    ------
    UnreadableFile
        The gzip file is damaged, or there is a NUL byte or a line of more than ``max_line`` bytes.
    """
    notes: list[str] = []
    name = path.name
    with path.open("rb") as file:
        if file.read(2) == GZIP_MAGIC:
            path = _unpacked(path, folder / "unpacked", max_line)
    encoding = _marked(path) or _unmarked(path)
    if encoding.note:
        notes.append(encoding.note)
    if encoding.name != "utf-8" or encoding.mark:
        path = _transcoded(path, folder / "utf-8", encoding, name)
    _check_lines(_chunks(path), name, max_line)
    return PlainText(path, tuple(notes))


def with_plain_line_ends(path: Path, out: Path) -> Path:
    r"""Write a copy in which every line ends with ``\n``."""
    decoder = _line_ends()
    with out.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        for chunk in _texts(path, "utf-8", "surrogateescape"):
            file.write(decoder.decode(chunk))
        file.write(decoder.decode("", True))
    return out


def _line_ends() -> io.IncrementalNewlineDecoder:
    return io.IncrementalNewlineDecoder(None, translate=True)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _texts(path: Path, encoding: str, errors: str = "strict", skip: int = 0) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    for number, chunk in enumerate(_chunks(path)):
        yield decoder.decode(chunk[skip:] if number == 0 else chunk)
    yield decoder.decode(b"", True)


def _unpacked(path: Path, out: Path, max_line: int) -> Path:
    # Line length is checked during decompression: a few kilobytes can expand to a huge line.
    try:
        with gzip.open(path) as packed, out.open("wb") as file:
            chunks = iter(lambda: packed.read(_CHUNK), b"")
            for chunk in _length_checked(chunks, path.name, max_line):
                file.write(chunk)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise damaged_gzip(path.name) from error
    return out


def _marked(path: Path) -> _Encoding | None:
    with path.open("rb") as file:
        head = file.read(4)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return _Encoding(name, mark, f"encoding {name} with a byte-order mark")
    return None


def _unmarked(path: Path) -> _Encoding:
    if _decodes(path, "utf-8"):
        return _Encoding("utf-8", b"", "")
    broken = sound = 0
    for text in _texts(path, "utf-8", "surrogateescape"):
        broken_here = len(_BROKEN.findall(text))
        broken += broken_here
        sound += len(_BEYOND_ASCII.findall(text)) - broken_here
    if sound >= broken:
        return _Encoding("utf-8", b"", f"{broken} bytes are not UTF-8")
    name = "cp1252" if _decodes(path, "cp1252") else "latin-1"
    return _Encoding(
        name, b"", f"encoding {name} (not UTF-8; if texts look wrong, save the file as UTF-8)"
    )


def _decodes(path: Path, encoding: str) -> bool:
    try:
        for _ in _texts(path, encoding):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _transcoded(path: Path, out: Path, encoding: _Encoding, name: str) -> Path:
    # UTF-8 with a byte-order mark may contain invalid bytes, whose lines the reader rejects.
    errors = "surrogateescape" if encoding.name == "utf-8" else "strict"
    try:
        with out.open("w", encoding="utf-8", errors=errors, newline="") as file:
            for text in _texts(path, encoding.name, errors, skip=len(encoding.mark)):
                file.write(text)
    except UnicodeError as error:
        raise UnreadableFile(
            f"{name} has a byte-order mark of {encoding.name} but is not valid {encoding.name}:"
            " save it as UTF-8",
            file=name,
        ) from error
    return out


def _check_lines(chunks: Iterator[bytes], name: str, max_line: int) -> None:
    line = 1
    for chunk in _length_checked(chunks, name, max_line):
        if (position := chunk.find(b"\0")) >= 0:
            line += chunk.count(b"\n", 0, position)
            raise UnreadableFile(
                f"line {line} of {name} contains a NUL byte: it is a binary file, or UTF-16 without"
                " a byte-order mark",
                hint="save it as UTF-8 text",
                file=name,
                line=line,
            )
        line += chunk.count(b"\n")


def _length_checked(chunks: Iterator[bytes], name: str, max_line: int) -> Iterator[bytes]:
    line, length = 1, 0
    for chunk in chunks:
        first = chunk.find(b"\n")
        length += len(chunk) if first < 0 else first
        if length > max_line:
            raise UnreadableFile(
                f"line {line} of {name} is longer than {max_line // 2**20} MiB",
                hint="split it into rows, or check that this is the intended file",
                file=name,
                line=line,
            )
        line += chunk.count(b"\n")
        if first >= 0:
            length = len(chunk) - chunk.rfind(b"\n") - 1
        yield chunk
