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
from itertools import islice
from pathlib import Path
from unicodedata import name as character_name

from tunesmith.data.reading.binary import refuse_binary
from tunesmith.data.reading.formats import GZIP_MAGIC, damaged_gzip
from tunesmith.errors import UnreadableFile, UsageError
from tunesmith.wording import SHOWN

MAX_LINE_BYTES = 16 * 2**20
_CHUNK = 2**20
_SAMPLE_LINES = 2000
_SURE = 8
_ASCII_LINE = 6

# UTF-32 comes first, because its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BROKEN = re.compile("[\udc80-\udcff]")
_WORD = re.compile(r"[^\W\d_]+")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")


@dataclass(frozen=True)
class PlainText:
    """A UTF-8 file, made of a user's file.

    Parameters
    ----------
    path
        The UTF-8 file.
    notes
        Notes on how it was converted.
    guessed
        The encoding, if it was guessed from the text; else None.
    guessed_lines
        If it was guessed, the first lines that depend on the guess; the others are ASCII.
    """

    path: Path
    notes: tuple[str, ...]
    guessed: str | None = None
    guessed_lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Encoding:
    name: str
    mark: bytes = b""
    note: str = ""
    guessed: bool = False
    given: bool = False


def plain_text(
    path: Path, folder: Path, *, encoding: str | None = None, max_line: int = MAX_LINE_BYTES
) -> PlainText:
    """Return the file itself if it is plain UTF-8, else a converted copy in ``folder``.

    A UTF-8 file with a few invalid bytes is left unchanged, and its reader rejects those lines.
    The encoding of any other file without a byte-order mark is guessed.

    Parameters
    ----------
    path
        The file, which may be gzipped.
    folder
        A folder for the copy.
    encoding
        The file's encoding, as Python names it; detected if None. A byte-order mark takes
        precedence.
    max_line
        The maximum length of a line, in bytes.

    Raises
    ------
    UnreadableFile
        The gzip file is damaged, the file is empty, binary or does not have the encoding, or there
        is a NUL byte or a line of more than ``max_line`` bytes.
    UsageError
        There is no such encoding.
    """
    name = path.name
    given = None if encoding is None else _given(encoding)
    with path.open("rb") as file:
        if file.read(2) == GZIP_MAGIC:
            path = _unpacked(path, folder / "unpacked", max_line)
    found = _marked(path) or given or _unmarked(path)
    if found.given and found.name != "utf-8" and _is_surely_utf8(path):
        raise UnreadableFile(
            f"{name} is UTF-8, not {found.name}",
            hint="omit `encoding`",
            file=name,
            option="encoding",
        )
    if found.name != "utf-8" or found.mark or found.given:
        path = _transcoded(path, folder / "utf-8", found, name)
        if _is_blank(path):  # such as a byte-order mark with nothing after it
            raise UnreadableFile(
                f"{name} is empty", hint="check that this is the intended file", file=name
            )
    if _has_only_returns(path):
        path = with_plain_line_ends(path, folder / "new-lines")
    _check_lines(_chunks(path), name, max_line)
    notes = (found.note,) if found.note else ()
    if not found.guessed:
        return PlainText(path, notes)
    refuse_binary(path, name)
    return PlainText(path, notes, found.name, _lines_beyond_ascii(path))


def _lines_beyond_ascii(path: Path) -> tuple[int, ...]:
    """Return the numbers of the first lines with other characters, one more than are shown."""
    with path.open("rb") as file:
        numbers = (number for number, line in enumerate(file, start=1) if not line.isascii())
        return tuple(islice(numbers, SHOWN + 1))


def _given(encoding: str) -> _Encoding:
    try:
        info = codecs.lookup(encoding)
        "".encode(encoding)  # fails for codecs that are not of texts, such as base64
    except (LookupError, ValueError) as error:
        raise UsageError(
            f"there is no encoding {encoding!r}",
            hint="use a name such as utf-8, cp1252, gb18030, shift_jis or koi8-r",
            option="encoding",
        ) from error
    return _Encoding(info.name, note=f"encoding {info.name} as given", given=True)


def with_plain_line_ends(path: Path, out: Path) -> Path:
    r"""Write a copy in which every line ends with ``\n``."""
    decoder = _line_ends()
    with out.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        for chunk in _texts(path, "utf-8", "surrogateescape"):
            file.write(decoder.decode(chunk))
        file.write(decoder.decode("", True))
    return out


def has_returns(path: Path) -> bool:
    """Return whether a file has carriage returns that are not part of a Windows line ending."""
    with path.open("rb") as file:
        return any(b"\r" in line.removesuffix(b"\r\n") for line in file)


def _is_blank(path: Path) -> bool:
    return not any(chunk.strip() for chunk in _chunks(path))


def _has_only_returns(path: Path) -> bool:
    """Return whether lines end with carriage returns only, as on old Macs."""
    found = False
    for chunk in _chunks(path):
        if b"\n" in chunk:
            return False
        found = found or b"\r" in chunk
    return found


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
            return _Encoding(name, mark, note=f"encoding {name} with a byte-order mark")
    return None


def _unmarked(path: Path) -> _Encoding:
    if _decodes(path, "utf-8"):
        return _Encoding("utf-8")
    broken = sound = 0
    for text in _texts(path, "utf-8", "surrogateescape"):
        broken_here = len(_BROKEN.findall(text))
        broken += broken_here
        sound += len(_BEYOND_ASCII.findall(text)) - broken_here
    if sound >= broken:
        return _Encoding("utf-8", note=f"bytes that are not UTF-8: {broken:,}")
    name = next(each for each in _guesses(path) if _decodes(path, each))
    return _Encoding(name, note=f"encoding {name} (a guess; not UTF-8)", guessed=True)


def _is_surely_utf8(path: Path) -> bool:
    """Return whether a file is UTF-8 with so many characters that this cannot be by chance."""
    if not _decodes(path, "utf-8"):
        return False
    return sum(len(_BEYOND_ASCII.findall(text)) for text in _texts(path, "utf-8")) >= _SURE


def _guesses(path: Path) -> Iterator[str]:
    """Yield the encodings that a file may have, the most likely first; the last one always fits."""
    import chardet

    sample = _sample(path)
    likely = chardet.detect(
        sample,
        encoding_era=chardet.EncodingEra.MODERN_WEB | chardet.EncodingEra.DOS,
        prefer_superset=True,
        compat_names=False,
    )
    name = likely["encoding"]
    if name and _may_begin(sample, name) and _is_plausible(sample.decode(name, "replace")):
        yield name
    yield from ("cp1252", "latin-1")


def _may_begin(sample: bytes, encoding: str) -> bool:
    """Return whether a sample may have an encoding: UTF-16 does not begin with a line of ASCII."""
    first = sample.partition(b"\n")[0].strip()
    is_ascii = len(first) >= _ASCII_LINE and first.isascii() and first.decode().isprintable()
    return not (encoding.lower().startswith(("utf-16", "utf-32")) and is_ascii)


def _sample(path: Path) -> bytes:
    """Return the bytes from which the encoding is guessed.

    Lines of UTF-16 cannot be picked before it is decoded: a line end has a NUL byte on one side.
    """
    with path.open("rb") as file:
        head = file.read(_CHUNK)
        if b"\0" in head:
            return head
        file.seek(0)
        lines = (line for line in file if not line.isascii())
        return b"".join(islice(lines, _SAMPLE_LINES))[:_CHUNK]


def _is_plausible(text: str) -> bool:
    """Return whether few words mix ASCII with another script, as cp1252 does when read wrongly."""
    words = [word for word in _WORD.findall(text) if _foreign(word)]
    mixed = sum(any("a" <= letter <= "z" for letter in word.lower()) for word in words)
    return 2 * mixed <= len(words)


def _foreign(word: str) -> bool:
    """Return whether a word has letters that are not Latin."""
    return any(
        not character_name(letter, "LATIN").startswith("LATIN")
        for letter in word
        if letter > "\x7f"
    )


def _decodes(path: Path, encoding: str) -> bool:
    try:
        for _ in _texts(path, encoding):
            pass
    except UnicodeError:  # also a missing byte-order mark, which is not a UnicodeDecodeError
        return False
    return True


def _transcoded(path: Path, out: Path, encoding: _Encoding, name: str) -> Path:
    # UTF-8 with a byte-order mark may contain invalid bytes, whose lines the reader rejects.
    errors = "surrogateescape" if encoding.name == "utf-8" and encoding.mark else "strict"
    lines = 1
    try:
        with out.open("w", encoding="utf-8", errors=errors, newline="") as file:
            for text in _texts(path, encoding.name, errors, skip=len(encoding.mark)):
                file.write(text)
                lines += text.count("\n")
    except UnicodeError as error:
        if isinstance(error, UnicodeDecodeError) and encoding.given:
            lines += error.object.count(b"\n", 0, error.start)
            raise UnreadableFile(
                f"line {lines} of {name} is not valid {encoding.name}",
                hint="omit or change `encoding`",
                file=name,
                line=lines,
                option="encoding",
            ) from error
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
