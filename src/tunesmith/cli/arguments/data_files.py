"""Data files from the command line, with the encoding, documents and fixes that were given."""

from collections.abc import Collection
from typing import Any

from tunesmith.datasets import read


def data_source(
    file: str,
    encoding: str | None,
    documents: str | None = None,
    fixes: Collection[str] | None = None,
    **options: Any,
) -> object:
    """Return a file as a source of data: the name itself, or a data set if more is given."""
    if encoding is None and documents is None and not fixes:
        return file
    return read(file, encoding=encoding, documents=documents, fixes=fixes or (), **options)
