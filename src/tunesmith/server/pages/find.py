"""Find words in names and texts; and the keys of all pages."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from tunesmith.server.datasets import StoredDataset
from tunesmith.server.finding import find_texts, has_words
from tunesmith.server.pages.visit import Reading, Visit

router = APIRouter(include_in_schema=False)
_LONGEST, _WORDS, _NAMES = 200, 8, 20
_HIGHEST = 10**6


@dataclass(frozen=True)
class FoundName:
    """Something whose name has all words: what it is, its name and its address."""

    kind: str
    name: str
    address: str


@router.get("/find", response_class=HTMLResponse)
def find(
    visit: Reading,
    q: Annotated[str, Query(max_length=_LONGEST)] = "",
    start: Annotated[int, Query(ge=0, le=_HIGHEST)] = 0,
) -> HTMLResponse:
    """Return what has all words of a question."""
    words = q.split()[:_WORDS]
    names = _names(visit, words) if words and not start else []
    texts = None
    if words:
        texts = find_texts(visit.served.datasets, _newest(visit), words, start)
    facts: dict[str, Any] = {
        "q": q,
        "words": words,
        "start": start,
        "hidden": max(0, len(names) - _NAMES),
    }
    return visit.page("find.html.j2", names=names[:_NAMES], texts=texts, **facts)


@router.get("/keys", response_class=HTMLResponse)
def keys(visit: Reading) -> HTMLResponse:
    """Return the keys that pages know."""
    return visit.page("keys.html.j2")


def _newest(visit: Visit) -> list[StoredDataset]:
    """Return the newest version of each data set: older ones have the same rows again."""
    newest: dict[str, StoredDataset] = {}
    for each in visit.served.datasets.all():
        known = newest.setdefault(each.version_of or each.id, each)
        if each.version > known.version:
            newest[each.version_of or each.id] = each
    return list(newest.values())


def _names(visit: Visit, words: list[str]) -> list[FoundName]:
    served = visit.served
    known = [
        *(FoundName("Model", each.name, f"/models/{each.id}") for each in served.models.listed()),
        *(
            FoundName("Data set", each.name, f"/datasets/{each.id}")
            for each in served.datasets.all()
        ),
        *(FoundName("Fit", each.name, f"/fits/{each.id}") for each in served.fits.all()),
    ]
    return [each for each in known if has_words(f"{each.name} {each.address}", words)]
