"""Texts from the command line: as arguments, from a file or from standard input."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tunesmith.bulk.source import Source, encodable, is_file
from tunesmith.errors import UnreadableFile, UsageError

DATA_SUFFIXES: Final = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".txt", ".gz")


def source(words: Sequence[str]) -> Source:
    """Return the source of the texts: the arguments, a file, or standard input (``-``).

    Raises
    ------
    UsageError
        Files and texts are mixed, or several files are given.
    UnreadableFile
        An argument looks like a file name, but the file does not exist.
    """
    if list(words) == ["-"]:
        return Source(None)
    files = [word for word in words if is_file(word)]
    if files and len(words) > 1:
        raise UsageError(f"{files[0]} is a file", hint="give one file or texts, not both")
    if files:
        return Source(Path(files[0]))
    for word in words:
        if word.lower().endswith(DATA_SUFFIXES) and not any(map(str.isspace, word)):
            raise UnreadableFile(f"there is no file {word}", hint="check the path")
    return Source(None, tuple(map(encodable, words)))


def require_no_file_options(column: str | None, encoding: str | None) -> None:
    """Raise a UsageError if options for a file are given for texts that are not in a file."""
    for option, value in (("columns", column), ("encoding", encoding)):
        if value is not None:
            raise UsageError(
                f"--{option} needs a file", hint=f"pass a file, or omit --{option}", option=option
            )
