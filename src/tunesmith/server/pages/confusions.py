"""The confusion matrices of a model, and the held-out texts behind each cell."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from tunesmith.models.confusions import read_confusions
from tunesmith.report.charts.confusion import ConfusionView, confusion_view
from tunesmith.results.evidence import HeldOutText
from tunesmith.server.pages.held_out import has_held_out_texts, held_out_texts
from tunesmith.server.pages.model import model_page
from tunesmith.server.pages.parts import Page, Part
from tunesmith.server.pages.visit import Reading, Visit
from tunesmith.server.stored_model import StoredModel
from tunesmith.wording import clean

router = APIRouter(include_in_schema=False)
MATRIX_CLASSES = 40
"""Largest number of classes of a matrix on the page."""
_PAIRS = 30
_LABEL = 2_000

When = Literal["before", "after"]
Label = Annotated[str, Query(max_length=_LABEL)]


@router.get("/models/{model}/confusions", response_class=HTMLResponse)
def show_confusions(visit: Reading, model: str) -> HTMLResponse:
    """Return the page."""
    stored = visit.served.models.show(model)
    linked = has_held_out_texts(visit.served.models, stored)
    found = _confusions(visit, stored)
    most = MATRIX_CLASSES
    return model_page(visit, stored, "confusions", confusions=found, linked=linked, most=most)


@router.get("/models/{model}/confusions/rows", response_class=HTMLResponse)
def show_rows(
    visit: Reading,
    model: str,
    true: Label,
    predicted: Label,
    by: When = "after",
    page: Page = 1,
) -> HTMLResponse:
    """Return the held-out texts of one cell of the matrix before or after tuning."""
    stored = visit.served.models.show(model)
    texts = behind(held_out_texts(visit.served.models, stored), true, predicted, by)
    facts = {"label": true, "predicted": predicted, "by": by}
    return model_page(
        visit,
        stored,
        "confusions",
        template="model_confusion_rows.html.j2",
        listed=Part.of(texts, page),
        **facts,
    )


def behind(texts: Sequence[HeldOutText], true: str, predicted: str, by: When) -> list[HeldOutText]:
    """Return the texts of one cell, the surest predictions first; labels are as they are shown.

    Examples
    --------
    >>> text = HeldOutText(17, "my card is gone", "card", "refund", "card", 0.61, 0.93)
    >>> behind([text], "card", "refund", "before"), behind([text], "card", "refund", "after")
    ([HeldOutText(row 17, 'card', predicted 'refund', then 'card')], [])
    """
    before = by == "before"
    shown = {label: clean(label) for each in texts for label in (each.label, each.base, each.tuned)}
    found = [
        each
        for each in texts
        if shown[each.label] == true and shown[each.base if before else each.tuned] == predicted
    ]
    return sorted(
        found, key=lambda each: -(each.base_probability if before else each.tuned_probability)
    )


def _confusions(visit: Visit, model: StoredModel) -> ConfusionView | None:
    if model.damage is not None:
        return None
    evidence = read_confusions(visit.served.models.folder_of(model))
    return None if evidence is None else confusion_view(evidence, pairs=_PAIRS)
