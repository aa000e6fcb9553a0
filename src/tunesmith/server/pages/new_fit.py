"""Start a fit: one decision, how long; everything else has a default."""

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from tunesmith.data.checks.languages import BASE_LANGUAGE
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import TunesmithError
from tunesmith.fitting.budget import parse_budget
from tunesmith.fitting.settings import ADAPT, AUTO
from tunesmith.kinds import Kind
from tunesmith.recipes.registry import RECIPES
from tunesmith.server.access import key_id
from tunesmith.server.datasets import StoredDataset
from tunesmith.server.once import Sent
from tunesmith.server.pages.fit_plan import PlanView, plan_request, plan_view
from tunesmith.server.pages.rendering import render
from tunesmith.server.pages.visit import Reading, Training, Visit
from tunesmith.server.problems import problem_of
from tunesmith.server.routes.fits import FitOptions
from tunesmith.server.starting import start_fit
from tunesmith.server.stored_model import StoredModel
from tunesmith.wording import duration

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

    dataset: str = Field("", max_length=80)
    budget: str = Field("5m", max_length=20)
    name: str = Field("", max_length=200)
    goal: Literal["classify", "search"] = "classify"
    base: str = Field(DEFAULT_BASE, max_length=80)
    seed: int = Field(0, ge=0, lt=2**32)
    cross_validate: Literal["auto", "off", "3", "5", "10"] = "auto"
    keep: Literal["auto", "proven", "likely"] = "auto"
    int8: bool = False
    recipe: str = Field(AUTO, max_length=40)
    test: str = Field("", max_length=80)
    validation: str = Field("", max_length=80)
    once: str = Field("", max_length=80)

    @property
    def changed(self) -> bool:
        """Whether an option has another value than its default, so that all are shown."""
        usual, shown = FitForm.model_validate({}), {"dataset", "budget", "once"}
        names = FitForm.model_fields.keys() - shown
        return any(getattr(self, name) not in {getattr(usual, name), ""} for name in names)

    def options(self) -> FitOptions:
        """Return the options of the fit."""
        given = {name: value for name, value in self.model_dump(exclude={"once"}).items() if value}
        folds = self.cross_validate
        number = int(folds) if folds.isdecimal() else folds
        return FitOptions.model_validate({**given, "cross_validate": number})


Asked = Annotated[FitForm, Query()]
"""The fields of the form in the address of a page."""


@router.get("/fits/new", response_class=HTMLResponse)
async def ask(visit: Reading, form: Asked) -> HTMLResponse:
    """Return the form with what would be tried; its address may choose every field."""
    form = await run_in_threadpool(_chosen, visit, form)
    return await run_in_threadpool(_form, visit, form, await _planned(visit, form))


@router.get("/fits/new/plan", response_class=HTMLResponse)
async def plan(visit: Training, form: Asked) -> HTMLResponse:
    """Return the parts of the form that say what would be tried."""
    form = await run_in_threadpool(_chosen, visit, form)
    view = await _planned(visit, form)
    return HTMLResponse(render("pieces/fit_plan.html.j2", view=view, times=_times(form)))


@router.post("/fits", response_class=RedirectResponse)
async def start(visit: Training, form: Annotated[FitForm, Form()]) -> Response:
    """Start a fit and show it; a mistake is shown above the form."""
    try:
        ident = await run_in_threadpool(_start, visit, form)
    except TunesmithError as error:
        form = await run_in_threadpool(_chosen, visit, form)
        return await run_in_threadpool(_form, visit, form, await _planned(visit, form), error)
    return RedirectResponse(f"/fits/{ident}", 303)


def _start(visit: Visit, form: FitForm) -> str:
    options = form.options()
    fit = start_fit(
        visit.served,
        options.dataset,
        options.request(),
        name=options.name,
        created_by=key_id(visit.key),
        sent=Sent(form.once or None),
    )
    return fit.id


async def _planned(visit: Visit, form: FitForm) -> PlanView:
    """Return what would be tried; it begins to be estimated if it is not known."""
    if not form.dataset or not visit.may_train:
        return PlanView()
    values = [value for value, _, _ in _times(form)]
    try:
        budgets = [parse_budget(value) for value in values]
        asked = await run_in_threadpool(plan_request, visit, form.options(), budgets)
        return plan_view(visit.served.plans.of(asked), values, form.budget)
    except TunesmithError as error:
        return PlanView(error=error)


def _times(form: FitForm) -> list[tuple[str, str, str]]:
    """Return the budgets to choose from, with the one that the address asks for."""
    known = [value for value, _, _ in TIMES]
    if form.budget in known:
        return list(TIMES)
    try:
        seconds = parse_budget(form.budget)
    except TunesmithError:
        return list(TIMES)
    return [*TIMES, (form.budget, duration(seconds or 0.0), "as chosen before")]


def _usable(visit: Visit) -> list[StoredDataset]:
    return [each for each in visit.served.datasets.all() if each.status == "validated"]


def _chosen(visit: Visit, form: FitForm) -> FitForm:
    """Return the form with a data set that can be used and a budget that can be read.

    Another data set never stands in for one that is gone: nothing is chosen then.
    """
    usable = [each.id for each in _usable(visit)]
    wanted = form.dataset or next(iter(usable), "")
    dataset = wanted if wanted in usable else ""
    known = {value for value, _, _ in _times(form)}
    budget = form.budget if form.budget in known else FitForm.model_validate({}).budget
    return form.model_copy(update={"dataset": dataset, "budget": budget})


def _form(
    visit: Visit, form: FitForm, view: PlanView, error: TunesmithError | None = None
) -> HTMLResponse:
    problem = None if error is None else problem_of(error)
    usable = _usable(visit)
    chosen = next((each for each in usable if each.id == form.dataset), None)
    return visit.page(
        "new_fit.html.j2",
        status=200 if problem is None else problem.status,
        problem=problem,
        form=form,
        datasets=usable,
        chosen=chosen,
        bases=_bases(visit),
        base_note=_base_note(chosen, form.base),
        models_folder=_models_folder(visit),
        recipes=_recipes(chosen),
        times=_times(form),
        view=view,
        once=secrets.token_urlsafe(16),
    )


def _bases(visit: Visit) -> dict[str, list[StoredModel]]:
    """Return the models that a fit can start from, in groups; a group may be empty."""
    models = visit.served.models.all()
    return {
        "Base models": [each for each in models if each.is_base],
        "Fitted models": [each for each in models if not each.is_base],
    }


def _base_note(dataset: StoredDataset | None, base: str) -> str:
    """Return what the check says of the bundled base and the language of the texts."""
    if dataset is None or dataset.report is None or base != DEFAULT_BASE:
        return ""
    found = (each for each in dataset.report["findings"] if each["code"] == BASE_LANGUAGE)
    return next((str(each["message"]) for each in found), "")


def _models_folder(visit: Visit) -> str:
    """Return where the folder of a base belongs; the place is shown to administrators only."""
    return str(visit.served.settings.home.models) if visit.may_administer else ""


def _recipes(dataset: StoredDataset | None) -> list[tuple[str, str]]:
    """Return the recipes for the kind of a data set, with what each is for."""
    if dataset is None or dataset.kind is None:
        return []
    kind = Kind(dataset.kind)
    fitting = [(name, info.why) for name, info in RECIPES.items() if kind in info.kinds]
    return [*fitting, (ADAPT, "adapt the base to the texts first")]
