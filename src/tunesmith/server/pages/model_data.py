"""The data that a model was trained on: its check at that time, and suspected label errors."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tunesmith.errors import DamagedModel, TunesmithError, UsageError
from tunesmith.kinds import Kind
from tunesmith.models.suspects import read_suspects
from tunesmith.results.evidence import SuspectedLabel
from tunesmith.server.access import key_id
from tunesmith.server.datasets import StoredDataset
from tunesmith.server.faults import NotFound
from tunesmith.server.pages.model import model_page
from tunesmith.server.pages.parts import Page, Part
from tunesmith.server.pages.visit import Reading, Training, Visit
from tunesmith.server.problems import problem_of
from tunesmith.server.stored_model import StoredModel
from tunesmith.server.versions import Changes, new_version
from tunesmith.wording import plural

router = APIRouter(include_in_schema=False)
_ON_A_PAGE = 40  # a form may have 100 fields, and each suspect has two
_CHOICES = 200

Rows = Annotated[list[int] | None, Form(max_length=_ON_A_PAGE)]
Labels = Annotated[list[str] | None, Form(max_length=_ON_A_PAGE)]


@router.get("/models/{model}/data", response_class=HTMLResponse)
def show_data(visit: Reading, model: str, page: Page = 1) -> HTMLResponse:
    """Return the page."""
    return _page(visit, visit.served.models.show(model), page)


@router.post("/models/{model}/relabel", response_class=RedirectResponse)
def relabel(
    visit: Training,
    model: str,
    row: Rows = None,
    label: Labels = None,
    page: Annotated[int, Form(ge=1)] = 1,
) -> Response:
    """Make a version of the data set in which the checked rows have the chosen labels."""
    stored = visit.served.models.show(model)
    try:
        made = new_version(
            visit.served.datasets,
            _dataset(visit, stored),
            Changes(
                relabel=chosen_labels(_suspects(visit, stored) or (), row or [], label or []),
                note=f"Relabelled {plural(len(row or ()), 'row')} suspected by model {stored.id}",
            ),
            key_id(visit.key),
        )
    except TunesmithError as error:
        response = _page(visit, stored, page, error)
        response.status_code = problem_of(error).status
        return response
    return RedirectResponse(f"/datasets/{made.id}", 303)


def chosen_labels(
    suspects: tuple[SuspectedLabel, ...], rows: list[int], labels: list[str]
) -> dict[int, str]:
    """Return the new label of each checked row.

    Parameters
    ----------
    suspects
        The suspects; other rows are not relabelled here.
    rows
        The checked rows.
    labels
        A row and its label for each row of the form, checked or not, such as ``"17 card"``.

    Raises
    ------
    UsageError
        No row is checked, or a row is not a suspect.

    Examples
    --------
    >>> suspect = SuspectedLabel(17, "refund", "card", 0.93)
    >>> chosen_labels((suspect,), [17], ["17 card"])
    {17: 'card'}
    """
    if not rows:
        raise UsageError("no row is checked", hint="check the rows whose label is to change")
    known = {suspect.row: suspect.likely for suspect in suspects}
    given = {number: name for number, _, name in (each.partition(" ") for each in labels)}
    unknown = next((row for row in rows if row not in known), None)
    if unknown is not None:
        raise UsageError(f"row {unknown} is not one of the suspected rows", hint="reload the page")
    return {row: given.get(str(row)) or known[row] for row in rows}


def _page(
    visit: Visit, model: StoredModel, page: int, error: TunesmithError | None = None
) -> HTMLResponse:
    suspects = _suspects(visit, model)
    dataset = visit.dataset(model.dataset_id)
    single = dataset is not None and dataset.kind == Kind.LABELLED
    return model_page(
        visit,
        model,
        "data",
        suspects=suspects,
        listed=Part.of(suspects or (), page, _ON_A_PAGE),
        editable=visit.may_train and single,
        newest=None if dataset is None else visit.served.datasets.versions(dataset.id)[-1],
        choices=_choices(model),
        error=error,
    )


def _choices(model: StoredModel) -> tuple[str, ...]:
    """Return the labels that a row can get; none if they are too many for a list."""
    return model.labels if len(model.labels) <= _CHOICES else ()


def _suspects(visit: Visit, model: StoredModel) -> tuple[SuspectedLabel, ...] | None:
    try:
        return read_suspects(visit.served.models.folder_of(model))
    except DamagedModel:
        return None


def _dataset(visit: Visit, model: StoredModel) -> StoredDataset:
    dataset = visit.dataset(model.dataset_id)
    if dataset is None:
        raise NotFound(
            f"the data set of model {model.id} is not here", hint="it may have been deleted"
        )
    return dataset
