"""Start a fit: one decision, how long; everything else has a default."""

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from tunesmith.errors import TunesmithError
from tunesmith.fitting.settings import ADAPT, AUTO
from tunesmith.kinds import Kind
from tunesmith.recipes.registry import RECIPES
from tunesmith.server.access import key_id
from tunesmith.server.datasets import StoredDataset
from tunesmith.server.once import Sent
from tunesmith.server.pages.visit import Reading, Training, Visit
from tunesmith.server.problems import problem_of
from tunesmith.server.routes.fits import FitOptions
from tunesmith.server.starting import start_fit

router = APIRouter(include_in_schema=False)
TIMES = (
    ("1m", "1 minute", "a first impression"),
    ("5m", "5 minutes", "enough for a few hundred short texts"),
    ("20m", "20 minutes", "for a few thousand texts"),
    ("1h", "1 hour", "tries the most expensive candidates too"),
    ("none", "No limit", "every candidate, however long it takes"),
)
"""The budgets that the page offers: value, name, and what each is for."""


class FitForm(BaseModel):
    """The fields of the form, as in :class:`~tunesmith.server.routes.fits.FitOptions`.

    Empty fields have the default; ``once`` makes two requests of one form one fit.
    """

    dataset: str = Field(max_length=80)
    budget: str = Field("5m", max_length=20)
    name: str = Field("", max_length=200)
    goal: Literal["classify", "search"] = "classify"
    base: str = Field("", max_length=80)
    seed: int = Field(0, ge=0, lt=2**32)
    cross_validate: Literal["auto", "off", "3", "5", "10"] = "auto"
    keep: Literal["auto", "proven", "likely"] = "auto"
    int8: bool = False
    recipe: str = Field(AUTO, max_length=40)
    test: str = Field("", max_length=80)
    validation: str = Field("", max_length=80)
    once: str = Field("", max_length=80)

    def options(self) -> FitOptions:
        """Return the options of the fit."""
        given = {name: value for name, value in self.model_dump(exclude={"once"}).items() if value}
        folds = self.cross_validate
        number = int(folds) if folds.isdecimal() else folds
        return FitOptions.model_validate({**given, "cross_validate": number})


@router.get("/fits/new", response_class=HTMLResponse)
def ask(visit: Reading, dataset: Annotated[str, Query(max_length=80)] = "") -> HTMLResponse:
    """Return the form."""
    return _form(visit, dataset)


@router.post("/fits", response_class=RedirectResponse)
def start(visit: Training, form: Annotated[FitForm, Form()]) -> Response:
    """Start a fit and show it; a mistake is shown above the form."""
    options = form.options()
    try:
        fit = start_fit(
            visit.served,
            options.dataset,
            options.request(),
            name=options.name,
            created_by=key_id(visit.key),
            sent=Sent(form.once or None),
        )
    except TunesmithError as error:
        return _form(visit, form.dataset, error)
    return RedirectResponse(f"/fits/{fit.id}", 303)


def _form(visit: Visit, dataset: str, error: TunesmithError | None = None) -> HTMLResponse:
    usable = [each for each in visit.served.datasets.all() if each.status == "validated"]
    chosen = next((each for each in usable if each.id == dataset), next(iter(usable), None))
    problem = None if error is None else problem_of(error)
    return visit.page(
        "new_fit.html.j2",
        status=200 if problem is None else problem.status,
        problem=problem,
        datasets=usable,
        chosen=chosen,
        models=visit.served.models.all(),
        recipes=_recipes(chosen),
        times=TIMES,
        once=secrets.token_urlsafe(16),
    )


def _recipes(dataset: StoredDataset | None) -> list[tuple[str, str]]:
    """Return the recipes for the kind of a data set, with what each is for."""
    if dataset is None or dataset.kind is None:
        return []
    kind = Kind(dataset.kind)
    fitting = [(name, info.why) for name, info in RECIPES.items() if kind in info.kinds]
    return [*fitting, (ADAPT, "adapt the base to the texts first")]
