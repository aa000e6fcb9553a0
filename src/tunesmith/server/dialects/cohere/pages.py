"""Long lists in pages."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field

from tunesmith.errors import UsageError

T = TypeVar("T")
_LARGEST = 1000


class Paging(BaseModel):
    """Which page of a list; null means the same as an absent field."""

    page_size: Annotated[int, Field(ge=0)] | None = None
    page_token: str | None = None


def page(items: Sequence[T], paging: Paging) -> tuple[list[T], str | None]:
    """Return a page of a list, and the token of the next page; None for the last page.

    Examples
    --------
    >>> page(["a", "b", "c"], Paging(page_size=2))
    (['a', 'b'], '2')
    >>> page(["a", "b", "c"], Paging(page_size=2, page_token="2"))
    (['c'], None)
    """
    token = paging.page_token or "0"
    if not (token.isascii() and token.isdecimal()):
        raise UsageError(
            "page_token is not one of this server",
            hint="use next_page_token of the previous page",
            option="page_token",
        )
    start = int(token[:9])
    end = start + min(paging.page_size or _LARGEST, _LARGEST)
    return [*items[start:end]], str(end) if end < len(items) else None
