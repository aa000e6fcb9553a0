"""Lists that OpenAI's clients read page by page."""

from collections.abc import Sequence
from typing import Annotated, Generic, Literal, TypeVar

from fastapi import Query
from pydantic import BaseModel

from tunesmith.errors import UsageError


class Item(BaseModel):
    """An item of a list."""

    id: str


T = TypeVar("T", bound=Item)
After = Annotated[str | None, Query(description="id of the last item of the page before")]
Limit = Annotated[int, Query(ge=1, le=10_000)]


class Page(BaseModel, Generic[T]):
    """A part of a list, and whether there is more."""

    object: Literal["list"] = "list"
    data: list[T]
    first_id: str | None
    last_id: str | None
    has_more: bool


def page(items: Sequence[T], after: str | None, limit: int) -> Page[T]:
    """Return the items that follow the one with an id, or the first ones.

    Raises
    ------
    UsageError
        No item has this id.
    """
    ids = [each.id for each in items]
    if after and after not in ids:
        raise UsageError(f"after is {after!r}", hint="give the id of an item", option="after")
    start = ids.index(after) + 1 if after else 0
    part = list(items[start : start + limit])
    return Page(
        data=part,
        first_id=part[0].id if part else None,
        last_id=part[-1].id if part else None,
        has_more=start + limit < len(items),
    )
