"""Data files from the command line, in the encoding that was given."""

from typing import Any

from tunesmith.datasets import read


def data_source(file: str, encoding: str | None, **options: Any) -> object:
    """Return a file as a source of data: the name itself, or a data set if it has an encoding."""
    return file if encoding is None else read(file, encoding=encoding, **options)
