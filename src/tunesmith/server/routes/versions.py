"""Versions of data sets: change rows, labels or the reading of a file; compare two versions."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from tunesmith.datasets.differences import Difference, differences
from tunesmith.server.access import Reader, Served, Trainer, key_id
from tunesmith.server.datasets import StoredDataset
from tunesmith.server.routes.errors import ERRORS
from tunesmith.server.versions import Changes, new_version

router = APIRouter(prefix="/v1/datasets", tags=["data sets"], responses=ERRORS)
_LARGEST = 2**31
_Row = Annotated[int, Field(ge=1, lt=_LARGEST)]
_Label = Annotated[str, Field(max_length=1000)]


class ChangeOptions(BaseModel):
    """What a new version has otherwise; rows are counted from 1, without the header."""

    model_config = ConfigDict(extra="forbid")

    relabel: dict[_Row, _Label | list[_Label] | None] = Field(
        {}, description="row to its new label; null removes it; a list for multi-label data"
    )
    drop: list[_Row] = Field([], description="rows to leave out")
    clean: list[_Row] = Field(
        [], description="rows whose texts lose HTML, invisible characters and spaces at their ends"
    )
    fixes: list[str] = Field([], description="such as label-spelling")
    kind: str | None = Field(None, description="kind of data; auto detects it again")
    columns: dict[str, str] | None = Field(None, description='such as {"text": "body"}')
    encoding: str | None = None
    note: str = Field("", max_length=200, description="what was done, for people")

    def changes(self) -> Changes:
        """Return the changes."""
        return Changes(
            relabel=self.relabel,
            drop=frozenset(self.drop),
            clean=frozenset(self.clean),
            fixes=tuple(self.fixes),
            kind=self.kind,
            columns=self.columns,
            encoding=self.encoding,
            note=self.note,
        )


@router.post("/{dataset_id}/changes", status_code=201)
def change(served: Served, key: Trainer, dataset_id: str, options: ChangeOptions) -> StoredDataset:
    """Make a new version of a data set, which itself stays as it is.

    The same change of the same version, sent again, returns the same new version.
    """
    stored = served.datasets.readable(dataset_id)
    return new_version(served.datasets, stored, options.changes(), key_id(key))


@router.get("/{dataset_id}/versions/{other}/diff")
def diff(
    served: Served,
    _key: Reader,
    dataset_id: str,
    other: str,
    difference: Difference | None = None,
    offset: Annotated[int, Query(ge=0, lt=_LARGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> dict[str, Any]:
    """Return the rows in which another version differs: how many in each way, and a part of them.

    A row has its number, texts and label before (in this data set) and after (in the other).
    """
    store = served.datasets
    before, after = (store.readable(each).id for each in (dataset_id, other))
    found = differences(store.opened(before), store.opened(after))
    return {
        "before": before,
        "after": after,
        "unchanged": found.unchanged,
        "counts": found.counts,
        "rows": found.rows(difference, offset, limit),
    }
