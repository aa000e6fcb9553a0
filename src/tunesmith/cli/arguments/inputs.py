"""Texts on the command line: given as words, as a file, or through standard input."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tunesmith.bulk.source import Source, encodable, is_file
from tunesmith.errors import UnreadableFile, UsageError

DATA_SUFFIXES: Final = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".txt", ".gz")


def source(words: Sequence[str]) -> Source:
    """Tell texts from a file from standard input (``-``).

    Raises
    ------
    UsageError
        When files and texts are mixed, or there are several files.
    UnreadableFile
        When a word looks like a file that is not there.
    """
    if list(words) == ["-"]:
        return Source(None)
    files = [word for word in words if is_file(word)]
    if files and len(words) > 1:
        raise UsageError(f"{files[0]} is a file: give one file, or texts, not both")
    if files:
        return Source(Path(files[0]))
    for word in words:
        if word.lower().endswith(DATA_SUFFIXES) and not any(map(str.isspace, word)):
            raise UnreadableFile(f"there is no file {word}: check the path")
    return Source(None, tuple(map(encodable, words)))
