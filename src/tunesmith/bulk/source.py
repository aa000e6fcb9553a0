"""Where texts come from: a file of any length, standard input, or the call itself."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Final, Generic, TypeVar

from tunesmith.bulk.stream import stream_texts
from tunesmith.errors import UnreadableFile, UsageError

T = TypeVar("T")


BATCH: Final = 4096


CACHED_ROWS: Final = 20_000


@dataclass(frozen=True)
class Source:
    """What a command is to work on: a file, standard input, or the texts themselves."""

    path: Path | None
    texts: tuple[str, ...] = ()

    @property
    def streamed(self) -> bool:
        """Whether it comes from a file or standard input, and may be long."""
        return not self.texts

    def batches(self, column: str | None = None) -> Iterator[list[str]]:
        """Yield the texts in lists of at most 4,096; there is at least one.

        Raises
        ------
        DataError
            The file cannot be read, or there are no texts.
        """
        if column is not None and self.path is None:
            raise UsageError("--columns names a column of a file: give a file, or leave it out")
        if self.path is not None:
            return some(stream_texts(self.path, column, BATCH), self.path.name)
        return some(_chunks(iter(self.texts) if self.texts else _lines()), "standard input")


def existing_file(name: str) -> Path:
    """Return the path of a file that is there.

    Raises
    ------
    UnreadableFile
        When there is none, or it is a folder.
    """
    path = Path(name)
    if path.is_dir():
        raise UnreadableFile(f"{name} is a folder: give a file with texts")
    if not is_file(name):
        raise UnreadableFile(f"there is no file {name}: check the path")
    return path


def encodable(text: str) -> str:
    """Return a word of the command line without bytes that are no characters."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def some(batches: Iterator[list[T]], name: str) -> Iterator[list[T]]:
    """Refuse an empty stream.

    Raises
    ------
    UnreadableFile
        When there is nothing in it.
    """
    first = next(batches, None)
    if first is None:
        raise UnreadableFile(f"{name} holds no texts: give a file with at least one")
    return chain([first], batches)


@dataclass(frozen=True)
class Measured(Generic[T]):
    """A stream of batches, and whether it is short enough to keep its vectors in the cache."""

    batches: Iterator[list[T]]
    short: bool


def measured(batches: Iterator[list[T]]) -> Measured[T]:
    """Look ahead whether there are more than 20,000 rows.

    A million vectors that nobody asks for twice would push out those that somebody does.
    """
    head: list[list[T]] = []
    for batch in batches:
        head.append(batch)
        if sum(map(len, head)) > CACHED_ROWS:
            return Measured(chain(head, batches), short=False)
    return Measured(iter(head), short=True)


def is_file(word: str) -> bool:
    """Return whether a word of the command line names a file."""
    try:
        return Path(word).is_file()
    except (OSError, ValueError):  # longer than a path may be, or with a NUL byte: a text
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
