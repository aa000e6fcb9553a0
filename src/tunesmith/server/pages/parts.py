"""A part of a long list, as one page of several."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Query

Item = TypeVar("Item")
Page = Annotated[int, Query(ge=1, le=1_000_000)]
"""The number of a page in an address."""


@dataclass(frozen=True)
class Part(Generic[Item]):
    """Some items of a list.

    Parameters
    ----------
    items
        The items of this page.
    total
        The number of all items.
    page, pages
        The number of this page, counted from 1, and of all.
    """

    items: Sequence[Item]
    total: int
    page: int
    pages: int

    @classmethod
    def of(cls, items: Sequence[Item], page: int, size: int = 50) -> "Part[Item]":
        """Return a page of a list; one after the last is the last.

        Examples
        --------
        >>> Part.of("abcde", 9, size=2)
        Part(items='e', total=5, page=3, pages=3)
        """
        pages = max(1, -(-len(items) // size))
        page = min(page, pages)
        return cls(items[(page - 1) * size : page * size], len(items), page, pages)
