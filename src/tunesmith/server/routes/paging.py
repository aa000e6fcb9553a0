"""Parts of long lists."""

from typing import Annotated, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

T = TypeVar("T")


class Part(BaseModel):
    """Which part of a list is returned."""

    limit: int | None = Field(None, ge=1, le=10_000, description="maximum number; all if omitted")
    offset: int = Field(0, ge=0, lt=2**31, description="number of items to skip")

    def of(self, items: list[T]) -> list[T]:
        """Return this part of a list.

        Examples
        --------
        >>> Part(limit=2, offset=1).of(["a", "b", "c", "d"])
        ['b', 'c']
        """
        return items[self.offset :][: self.limit]


Asked = Annotated[Part, Query()]
