"""Texts from the command line: as arguments, from a file or from standard input."""

from collections.abc import Sequence
from pathlib import Path

from tunesmith.bulk.source import Source, encodable, is_file, is_folder
from tunesmith.data.reading.missing_paths import is_mistyped, looks_like_path, missing_file
from tunesmith.errors import UnreadableFile, UsageError
from tunesmith.wording import listing


def source(words: Sequence[str]) -> Source:
    """Return the source of the texts: the arguments, a file, or standard input (``-``).

    Raises
    ------
    UsageError
        Files and texts are mixed, or several files are given.
    UnreadableFile
        An argument is a folder, or looks like the name of a file that does not exist.
    """
    if list(words) == ["-"]:
        return Source(None)
    paths = [word for word in words if is_file(word) or is_folder(word)]
    if paths and len(words) > 1:
        if len(paths) == len(words):
            raise UsageError(f"{listing(paths)} are {len(paths)} inputs", hint="give one of them")
        what = "a folder" if is_folder(paths[0]) else "a file"
        raise UsageError(f"{paths[0]} is {what}", hint="give one file or texts, not both")
    if paths:
        return Source(Path(paths[0]))
    for word in words:
        if looks_like_path(word) or (len(words) == 1 and is_mistyped(word)):
            raise _no_such_file(word)
    return Source(None, tuple(map(encodable, words)))


def _no_such_file(word: str) -> UnreadableFile:
    """Return the error for a name that is probably mistyped, and how to use it as a text anyway."""
    message = missing_file(word).message
    message += "" if message.endswith("?") else "."
    return UnreadableFile(
        f"{message} To use it as a text, pass it on standard input (-)", file=word
    )


def require_no_file_options(column: str | None, encoding: str | None) -> None:
    """Raise a UsageError if options for a file are given for texts that are not in a file."""
    for option, value in (("columns", column), ("encoding", encoding)):
        if value is not None:
            raise UsageError(
                f"--{option} needs a file", hint=f"pass a file, or omit --{option}", option=option
            )
