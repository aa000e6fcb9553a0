"""Data files from the command line, in the encoding that was given, and with all documents."""

from typing import Any

from tunesmith.datasets import read


def data_source(
    file: str, encoding: str | None, documents: str | None = None, **options: Any
) -> object:
    """Return a file as a source of data: the name itself, or a data set if more is given."""
    if encoding is None and documents is None:
        return file
    return read(file, encoding=encoding, documents=documents, **options)
