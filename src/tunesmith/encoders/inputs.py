"""Conversion of texts in various containers to a list of strings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import DataError, UsageError


def as_texts(texts: Any) -> list[str]:
    """Return the texts as a list of strings.

    Parameters
    ----------
    texts
        List, tuple or other iterable; pandas, polars or Arrow column; NumPy array of strings; or
        a table or two-dimensional array with one column.

    Raises
    ------
    UsageError
        It is a single string, or not an ordered collection of texts.
    DataError
        A text is missing or not a string, or there are several columns; the message gives the
        index of the text.

    Examples
    --------
    >>> as_texts(("a", "b"))
    ['a', 'b']
    """
    found = [text[0] if _is_row_of_one(text) else text for text in _as_list(texts)]
    for position, text in enumerate(found):
        _check(text, position)
    return [text if type(text) is str else str(text) for text in found]


def texts_or_none(texts: Any) -> list[str | None]:
    """Return the texts as a list of strings, with None for each missing one.

    Raises
    ------
    UsageError, DataError
        As for :func:`as_texts`, except that texts may be missing.

    Examples
    --------
    >>> texts_or_none(["a", None, float("nan")])
    ['a', None, None]
    """
    found = [text[0] if _is_row_of_one(text) else text for text in _as_list(texts)]
    for position, text in enumerate(found):
        if not _is_missing(text):
            _check(text, position)
    return [None if _is_missing(text) else str(text) for text in found]


def encode_known(
    texts: Sequence[str | None], encode: Callable[[list[str]], NDArray[Any]]
) -> NDArray[Any]:
    """Return the vectors of texts; a missing text has NaN, or 0 if they are integers.

    Examples
    --------
    >>> encode_known(["a", None], lambda texts: np.ones((len(texts), 2)))
    array([[ 1.,  1.],
           [nan, nan]])
    """
    known = [index for index, text in enumerate(texts) if text is not None]
    vectors = encode([text for text in texts if text is not None])
    if len(known) == len(texts):
        return vectors
    gap = np.nan if np.issubdtype(vectors.dtype, np.floating) else 0
    filled = np.full((len(texts), *vectors.shape[1:]), gap, dtype=vectors.dtype)
    filled[known] = vectors
    return filled


def _is_missing(text: Any) -> bool:
    nan = isinstance(text, float) and isnan(text)
    return text is None or nan or _kind(text) in {"NAType", "NaTType"}


def _as_list(texts: Any) -> list[Any]:
    if isinstance(texts, str | bytes):
        raise UsageError(
            "texts must be a list of strings, not one string",
            hint="write [text] for one text",
            option="texts",
        )
    if isinstance(texts, Mapping | AbstractSet):
        raise UsageError(
            f"texts must be an ordered list of strings, not a {_kind(texts)}", option="texts"
        )
    column = _only_column(texts)
    for name in ("to_pylist", "tolist", "to_list"):  # Arrow; NumPy and pandas; polars
        if hasattr(column, name):
            return _as_list_of(getattr(column, name)(), texts)
    return _as_list_of(column, texts)


def _as_list_of(values: Any, texts: Any) -> list[Any]:
    if not isinstance(values, Iterable) or isinstance(values, str):
        raise UsageError(f"texts must be a list of strings, not a {_kind(texts)}", option="texts")
    return list(values)


def _only_column(texts: Any) -> Any:
    """Return the only column of a table (pandas, polars or Arrow)."""
    if not hasattr(texts, "columns") or not hasattr(texts, "shape"):
        return texts
    if texts.shape[1] != 1:
        raise DataError(
            f"the table has {texts.shape[1]} columns",
            hint="give the column with the texts, as in table['text']",
        )
    name = texts.columns[0]
    # ``columns`` holds the columns themselves in Arrow, and their names in other libraries.
    return name if hasattr(name, "to_pylist") else texts[name]


def _is_row_of_one(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 1


def _check(text: Any, position: int) -> None:
    where = f"the text at position {position} (counted from 0)"
    if not isinstance(text, str):
        what = "is missing" if _is_missing(text) else f"is {_article(_kind(text))}, not a string"
        raise DataError(f"{where} {what}: fill it in or remove it")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"{where} contains a lone surrogate that cannot be encoded as UTF-8",
            hint="repair it with text.encode('utf-8', 'replace').decode()",
        ) from error


def _kind(value: Any) -> str:
    return type(value).__name__


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
