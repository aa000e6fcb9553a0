"""What surrounds every page of a data set: its head, its tabs and the change that made it."""

from typing import Any

from fastapi.responses import HTMLResponse

from tunesmith.server.datasets import StoredDataset
from tunesmith.server.pages.visit import Visit
from tunesmith.server.versions import change_of


def dataset_page(visit: Visit, stored: StoredDataset, template: str, **facts: Any) -> HTMLResponse:
    """Return a page of a data set."""
    versions = visit.served.datasets.versions(stored.id)
    return visit.page(
        template,
        dataset=stored,
        change=change_of(stored),
        versions=versions,
        newest=versions[-1],
        labelable=stored.kind in {"labelled", "multilabel", "labelled_pairs", "nli", "texts"},
        **facts,
    )
