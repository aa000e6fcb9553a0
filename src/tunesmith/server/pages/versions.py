"""The versions of a data set: what changed, a comparison of two, and the acts that make one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from tunesmith.datasets.differences import ChangedRow, Difference, Differences, differences
from tunesmith.datasets.remedies import applied
from tunesmith.errors import UsageError
from tunesmith.kinds import Examples, Multilabel, labels_of_rows
from tunesmith.server.access import key_id
from tunesmith.server.datasets import DatasetStore, StoredDataset
from tunesmith.server.faults import NotFound
from tunesmith.server.pages.dataset_frame import dataset_page
from tunesmith.server.pages.rows import ON_A_PAGE, Wanted, opened
from tunesmith.server.pages.visit import Reading, Training
from tunesmith.server.versions import Changes, change_of, new_version, undo

router = APIRouter(include_in_schema=False)
_HIGHEST = 10**7
_KEPT = 4
_Id = Annotated[str, Query(max_length=80)]


@dataclass(frozen=True)
class Comparison:
    """Fifty of the rows in which two versions differ."""

    before: StoredDataset
    after: StoredDataset
    counts: Mapping[Difference, int]
    unchanged: int
    rows: tuple[ChangedRow, ...]
    shown: str
    page: int
    pages: int


class RowForm(BaseModel):
    """What is done with chosen rows; ``label``, ``finding`` and ``q`` say which rows are shown."""

    act: Literal["label", "add", "take", "unlabel", "drop"]
    row: list[Annotated[int, Field(ge=1, lt=2**31)]] = Field([], max_length=1000)
    new_label: str = Field("", max_length=1000)
    label: str = Field("", max_length=500)
    finding: str = Field("", max_length=40)
    q: str = Field("", max_length=500)

    def changes(self, examples: Examples) -> Changes:
        """Return the changes of the rows."""
        if not self.row:
            raise UsageError("no row is chosen", hint="tick the rows first")
        if self.act == "drop":
            return Changes(drop=frozenset(self.row))
        if self.act == "unlabel":
            return Changes(relabel=dict.fromkeys(self.row))
        if isinstance(examples, Multilabel):
            return Changes(relabel=self._several(examples))
        if self.act != "label":
            raise UsageError("each row has one label", hint="set another one")
        return Changes(relabel=dict.fromkeys(self.row, self.new_label.strip()))

    def _several(self, examples: Multilabel) -> dict[int, list[str]]:
        """Return all labels of each row after the act."""
        names = {name.strip() for name in self.new_label.split(",") if name.strip()}
        if not names and self.act != "label":
            raise UsageError("no label is given", hint="type one or several, with commas")
        if self.act == "label":
            return {row: sorted(names) for row in self.row}
        known = labels_of_rows(examples, self.row)
        added = self.act == "add"
        return {row: sorted(old | names if added else old - names) for row, old in known.items()}


@router.get("/datasets/{dataset_id}/versions", response_class=HTMLResponse)
def show_versions(
    visit: Reading,
    dataset_id: str,
    before: _Id = "",
    after: _Id = "",
    show: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[int, Query(ge=1, le=_HIGHEST)] = 1,
) -> HTMLResponse:
    """Return the page with all versions, and with a comparison if two are chosen."""
    store = visit.served.datasets
    stored = store.get(dataset_id)
    compared = None
    if before and after:
        compared = _comparison(store, store.get(before), store.get(after), show, page)
    changes = {each.id: change_of(each) for each in store.versions(dataset_id)}
    return dataset_page(
        visit, stored, "dataset_versions.html.j2", compared=compared, changes=changes
    )


@router.post("/datasets/{dataset_id}/remedies", response_class=RedirectResponse)
def apply_remedy(
    visit: Training,
    dataset_id: str,
    code: Annotated[str, Form(max_length=40)],
    name: Annotated[str, Form(max_length=20)],
) -> Response:
    """Make a version without a finding, and show its check."""
    store = visit.served.datasets
    stored = store.get(dataset_id)
    remedy = applied(opened(store, stored.id), code, name)
    rows = remedy.rows
    changes = Changes(rows.relabel, rows.drop, rows.clean, remedy.fixes, note=remedy.note)
    made = new_version(store, stored, changes, key_id(visit.key))
    return RedirectResponse(f"/datasets/{made.id}", 303)


@router.post("/datasets/{dataset_id}/rows", response_class=RedirectResponse)
def change_rows(visit: Training, dataset_id: str, form: Annotated[RowForm, Form()]) -> Response:
    """Make a version with other labels or fewer rows, and show its rows."""
    store = visit.served.datasets
    stored = store.readable(dataset_id)
    changes = form.changes(opened(store, stored.id).examples)
    made = new_version(store, stored, changes, key_id(visit.key))
    query = Wanted(form.label, form.finding, form.q).query
    return RedirectResponse(f"/datasets/{made.id}/rows{'?' if query else ''}{query}", 303)


@router.post("/datasets/{dataset_id}/undo", response_class=RedirectResponse)
def undo_change(visit: Training, dataset_id: str) -> Response:
    """Delete a version that nothing uses, and show the one that it was made from."""
    parent = undo(visit.served.stores, visit.served.datasets.get(dataset_id))
    return RedirectResponse(f"/datasets/{parent.id}", 303)


@router.post("/datasets/{dataset_id}/delete", response_class=RedirectResponse)
def delete(visit: Training, dataset_id: str) -> Response:
    """Delete a data set with all its versions, and show the others."""
    visit.served.stores.delete_versions(dataset_id)
    return RedirectResponse("/datasets", 303)


@lru_cache(maxsize=_KEPT)
def _differences(store: DatasetStore, before: str, after: str) -> Differences:
    return differences(opened(store, before), opened(store, after))


def _comparison(
    store: DatasetStore, before: StoredDataset, after: StoredDataset, show: str, page: int
) -> Comparison:
    found = _differences(store, before.id, after.id)
    chosen = Difference(show) if show in set(Difference) else None
    number = found.counts.get(chosen, 0) if chosen else len(found.kinds)
    pages = max(1, -(-number // ON_A_PAGE))
    if page > pages:
        raise NotFound(f"there is no page {page}", hint=f"the last one is {pages}")
    rows = found.rows(chosen, (page - 1) * ON_A_PAGE, ON_A_PAGE)
    return Comparison(
        before, after, found.counts, found.unchanged, tuple(rows), str(chosen or ""), page, pages
    )
