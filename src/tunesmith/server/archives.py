"""Compressed uploads: unpacked safely, and refused if they would grow too large."""

import gzip
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import pyarrow.parquet as pq

from tunesmith.errors import UnreadableFile
from tunesmith.server.settings import MEBIBYTE
from tunesmith.wording import count

_SUFFIX = ".zip"
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_CHUNK = MEBIBYTE
_DEEPEST, _LONGEST_NAME = 10, 200
# What an entry takes in the directory of an archive, with a long name.
_ENTRY_BYTES = 500
_DIRECTORY_BYTES = 5  # the place of the directory's size in what zipfile reads
_FORBIDDEN = frozenset('\\:*?"<>|') | {chr(code) for code in range(32)}
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


@dataclass(frozen=True)
class UnpackLimits:
    """Limits for what is compressed in an upload.

    Parameters
    ----------
    bytes
        Maximum number of bytes after decompression, over all files.
    files
        Maximum number of files in an archive.
    ratio
        Maximum ratio of bytes after and before; small files may have any.
    rows
        Maximum number of rows in a Parquet file.
    """

    bytes: int = 1024 * MEBIBYTE
    files: int = 10_000
    ratio: int = 200
    rows: int = 2_000_000

    def for_file(self, compressed: int) -> int:
        """Return the maximum number of bytes of a file with so many compressed bytes."""
        return min(self.bytes, max(16 * MEBIBYTE, self.ratio * compressed))


def is_archive(path: Path) -> bool:
    """Return whether a file is a zip archive by its name.

    Examples
    --------
    >>> is_archive(Path("guides.zip")), is_archive(Path("tickets.xlsx"))
    (True, False)
    """
    return path.suffix.lower() == _SUFFIX


def unpack(path: Path, folder: Path, limits: UnpackLimits) -> None:
    """Unpack a zip archive of documents, or of a BEIR folder, into a new folder.

    A single folder at the top is left out. On failure nothing is left.

    Raises
    ------
    UnreadableFile
        The archive is damaged, too large, or has an entry that is not a plain file inside of it.
    """
    temporary = folder.with_name(f"{folder.name}-unpacking")
    try:
        with path.open("rb") as file:
            _require_small_directory(path, file, limits)
            with zipfile.ZipFile(file) as archive:
                _unpack_all(archive, temporary, limits, path)
        _innermost(temporary).rename(folder)
    except UnreadableFile:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _unreadable(path, "is damaged or not a zip archive") from error
    except (OSError, ValueError, struct.error) as error:
        raise _unreadable(path, "cannot be unpacked") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def require_bounded(path: Path, limits: UnpackLimits) -> None:
    """Refuse a file, or a folder with one, that grows too large when it is read.

    Raises
    ------
    UnreadableFile
        It is a gzip or Parquet file that does.
    """
    for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if each.is_file():
            _require_bounded(each, limits)


def _require_bounded(path: Path, limits: UnpackLimits) -> None:
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(_GZIP) and _exceeds(path, limits.for_file(path.stat().st_size)):
        raise _unreadable(path, "is too large when decompressed")
    if start == _PARQUET:
        _require_bounded_table(path, limits)


def _exceeds(path: Path, largest: int) -> bool:
    size = 0
    try:
        with gzip.open(path) as file:
            while size <= largest and (part := file.read(_CHUNK)):
                size += len(part)
    except (OSError, EOFError, zlib.error):
        return False  # the reader says what is wrong with it
    return size > largest


def _require_bounded_table(path: Path, limits: UnpackLimits) -> None:
    try:
        facts = pq.read_metadata(path)
    except (OSError, ValueError):
        return  # the reader says what is wrong with it
    if facts.num_rows > limits.rows:
        raise _unreadable(path, f"has more than {count(limits.rows)} rows")
    groups = (facts.row_group(number) for number in range(facts.num_row_groups))
    if sum(group.total_byte_size for group in groups) > limits.bytes:
        raise _unreadable(path, "is too large when decompressed")


def _require_small_directory(path: Path, file: IO[bytes], limits: UnpackLimits) -> None:
    """Refuse an archive of too many entries before they are read, as each takes memory."""
    end: Any = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end is None:
        raise zipfile.BadZipFile
    if end[_DIRECTORY_BYTES] > limits.files * _ENTRY_BYTES:
        raise _unreadable(path, f"has more than {count(limits.files)} files")


def _unpack_all(archive: zipfile.ZipFile, folder: Path, limits: UnpackLimits, path: Path) -> None:
    entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
    kept = [entry for entry in entries if not _is_hidden(entry.filename)]
    if len(entries) > limits.files:
        raise _unreadable(path, f"has more than {count(limits.files)} files")
    if len({entry.filename.casefold() for entry in kept}) < len(kept):
        raise _unreadable(path, "has two files with the same name")
    folder.mkdir()
    left = limits.bytes
    for number, entry in enumerate(kept, 1):
        _require_plain(entry, number, path)
        target = folder.joinpath(*PurePosixPath(entry.filename).parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        largest = min(left, limits.for_file(entry.compress_size))
        left -= _copy(archive, entry, target, largest, path)
    if not kept:
        raise _unreadable(path, "has no files")


def _require_plain(entry: zipfile.ZipInfo, number: int, path: Path) -> None:
    """Refuse whatever is not a plain file inside of the archive."""
    name = entry.orig_filename if "\0" in entry.orig_filename else entry.filename
    parts = name.split("/")
    mode = entry.external_attr >> 16
    if any(part in {"", ".", ".."} or len(part) > _LONGEST_NAME for part in parts):
        raise _unreadable(path, f"has an unsafe path (entry {number})")
    if len(parts) > _DEEPEST or set(name) & _FORBIDDEN or not name.isprintable():
        raise _unreadable(path, f"has an unsafe name (entry {number})")
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        raise _unreadable(path, f"has a link or a special file (entry {number})")
    if entry.flag_bits & 1:
        raise _unreadable(path, "is encrypted")
    if entry.compress_type not in _METHODS:
        raise _unreadable(path, "is not compressed by deflate, as usual")


def _copy(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, largest: int, path: Path
) -> int:
    """Write a file, and count its bytes as they come: the announced size may be wrong."""
    size = 0
    with archive.open(entry) as source, target.open("xb") as out:
        for part in _parts(source):
            size += len(part)
            if size > largest:
                raise _unreadable(path, "is too large when unpacked")
            out.write(part)
    return size


def _parts(source: IO[bytes]) -> Iterator[bytes]:
    while part := source.read(_CHUNK):
        yield part


def _is_hidden(name: str) -> bool:
    """Return whether an operating system made a file for itself, such as ``.DS_Store``."""
    last = name.rpartition("/")[2]
    return name.startswith("__MACOSX/") or (last.startswith(".") and last not in {".", ".."})


def _innermost(folder: Path) -> Path:
    """Return the folder below a chain of folders that hold nothing else."""
    inside = list(folder.iterdir())
    while len(inside) == 1 and inside[0].is_dir() and inside[0].name != "qrels":
        folder = inside[0]
        inside = list(folder.iterdir())
    return folder


def _unreadable(path: Path, what: str) -> UnreadableFile:
    hint = "send a zip archive of documents, or of a BEIR folder" if is_archive(path) else ""
    return UnreadableFile(f"{path.name} {what}", hint=hint, file=path.name)
