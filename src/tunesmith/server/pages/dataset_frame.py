"""What surrounds every page of a data set: its head, its tabs and the change that made it."""

from typing import Any

from fastapi.responses import HTMLResponse

from tunesmith.server.datasets import StoredDataset
from tunesmith.server.pages.visit import Visit
from tunesmith.server.versions import change_of


def dataset_page(visit: Visit, stored: StoredDataset, template: str, **facts: Any) -> HTMLResponse:
    """Return a page of a data set."""
    versions = visit.served.datasets.versions(stored.id)
    parents = {made.parent for each in versions if (made := change_of(each)) is not None}
    return visit.page(
        template,
        dataset=stored,
        change=change_of(stored),
        versions=versions,
        newest=versions[-1],
        may_undo=visit.may_train and stored.id not in parents,
        labelable=stored.kind in {"labelled", "multilabel", "labelled_pairs", "nli", "texts"},
        **facts,
    )
