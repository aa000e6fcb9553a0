"""What tuning changed: held-out texts with another prediction, pairs and queries that moved."""

from collections.abc import Sequence
from enum import StrEnum

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from tunesmith.report.pages.changed_pairs import pair_changes
from tunesmith.results.evidence import HeldOutText
from tunesmith.server.pages.held_out import held_out_pairs, held_out_texts
from tunesmith.server.pages.model import model_page
from tunesmith.server.pages.parts import Page, Part
from tunesmith.server.pages.visit import Reading

router = APIRouter(include_in_schema=False)
_PAIRS = 50


class Turn(StrEnum):
    """How the prediction of a text changed."""

    FIXED = "fixed"
    BROKEN = "broken"
    OTHER = "other"


@router.get("/models/{model}/changes", response_class=HTMLResponse)
def show_changes(
    visit: Reading, model: str, show: Turn | None = None, page: Page = 1
) -> HTMLResponse:
    """Return the page."""
    stored = visit.served.models.show(model)
    texts = held_out_texts(visit.served.models, stored)
    turns = changed_texts(texts)
    chosen = show or next((turn for turn in Turn if turns[turn]), Turn.FIXED)
    pairs = held_out_pairs(visit.served.models, stored)
    return model_page(
        visit,
        stored,
        "changes",
        tested=len(texts),
        turns=turns,
        chosen=chosen,
        listed=Part.of(turns[chosen], page),
        pairs=None if pairs is None else pair_changes(pairs, _PAIRS),
        search=pairs is not None and pairs.form == "search",
    )


def changed_texts(texts: Sequence[HeldOutText]) -> dict[Turn, list[HeldOutText]]:
    """Return the texts with another prediction by how it changed, the surest first.

    Examples
    --------
    >>> text = HeldOutText(17, "my card is gone", "card", "refund", "card", 0.61, 0.93)
    >>> {str(turn): len(found) for turn, found in changed_texts([text]).items()}
    {'fixed': 1, 'broken': 0, 'other': 0}
    """
    found: dict[Turn, list[HeldOutText]] = {turn: [] for turn in Turn}
    for each in sorted(texts, key=lambda each: -each.tuned_probability):
        if each.changed:
            found[_turn(each)].append(each)
    return found


def _turn(text: HeldOutText) -> Turn:
    if text.tuned_correct:
        return Turn.FIXED
    return Turn.BROKEN if text.base_correct else Turn.OTHER
