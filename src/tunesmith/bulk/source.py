"""The source of texts: a file of any length, standard input, or command-line arguments."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Final, TypeVar

from tunesmith.data.reading.documents.read_documents import documents_digest
from tunesmith.data.reading.missing_paths import missing_file
from tunesmith.data.reading.rows import BATCH
from tunesmith.data.reading.saved_dataset import is_saved_dataset, saved_digest
from tunesmith.encoders.model_files.digest import cached_digest
from tunesmith.errors import UnreadableFile

T = TypeVar("T")
CACHED_ROWS: Final = 20_000


@dataclass(frozen=True)
class Source:
    """The input of a command: a file, standard input, or the texts themselves."""

    path: Path | None
    texts: tuple[str, ...] = ()

    @property
    def streamed(self) -> bool:
        """Whether the texts come from a file or standard input, which may be long."""
        return not self.texts

    def batches(self) -> Iterator[list[str]]:
        """Yield the texts of standard input, or those given, in lists of at most 4,096.

        Raises
        ------
        DataError
            There are no texts.
        """
        return non_empty(_chunks(iter(self.texts) if self.texts else _lines()), "standard input")


def existing_file(name: str) -> Path:
    """Return the path of an existing file, or of a folder of documents.

    Raises
    ------
    UnreadableFile
        There is no such file or folder.
    """
    if not is_file(name) and not is_folder(name):
        raise missing_file(name)
    return Path(name)


def source_digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of the documents of a folder, hexadecimal."""
    if is_saved_dataset(path):
        return saved_digest(path)
    return documents_digest(path) if path.is_dir() else cached_digest(path)


def encodable(text: str) -> str:
    """Return a command-line argument with invalid bytes replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def non_empty(batches: Iterator[list[T]], name: str) -> Iterator[list[T]]:
    """Return the stream of batches if it is not empty.

    Raises
    ------
    UnreadableFile
        The stream is empty.
    """
    first = next(batches, None)
    if first is None:
        raise no_texts(name)
    return chain([first], batches)


def no_texts(name: str) -> UnreadableFile:
    """Return the error for a source without texts."""
    return UnreadableFile(f"{name} contains no texts", hint="provide at least one", file=name)


def is_file(word: str) -> bool:
    """Return whether a command-line argument is the path of a file."""
    return _is(Path.is_file, word)


def is_folder(word: str) -> bool:
    """Return whether a command-line argument is the path of a folder."""
    return _is(Path.is_dir, word)


def _is(test: Callable[[Path], bool], word: str) -> bool:
    try:
        return bool(word) and test(Path(word))
    except (OSError, ValueError):  # too long for a path, or with a NUL byte: it is a text
        return False


def _lines() -> Iterator[str]:
    stream = sys.stdin
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="replace")
    return (line.rstrip("\r\n") for line in stream)


def _chunks(texts: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(texts, BATCH)):
        yield batch
