"""The app: routes, error answers and background tasks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import structlog
from fastapi import FastAPI

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.home import Home
from tunesmith.models.serving import LoadedModel
from tunesmith.server.answered import Answered
from tunesmith.server.audit import AuditLog
from tunesmith.server.comparisons import Comparisons
from tunesmith.server.compression import Compression
from tunesmith.server.departures import Departures
from tunesmith.server.dialects import openai, tei
from tunesmith.server.dialects.cohere import router as cohere
from tunesmith.server.dialects.cohere import routing as cohere_routing
from tunesmith.server.inference import Inference
from tunesmith.server.inference.loading import load_warm
from tunesmith.server.jobs.deployer import deploy_forever
from tunesmith.server.jobs.queue import Jobs
from tunesmith.server.jobs.supervisor import Supervisor
from tunesmith.server.judging import Judge
from tunesmith.server.labelling.labelling import Labelling
from tunesmith.server.made_folders import MadeFolders
from tunesmith.server.maps import Maps
from tunesmith.server.metrics import Metrics
from tunesmith.server.neighbours import Neighbours
from tunesmith.server.notices.outbox import Outbox, notify_forever
from tunesmith.server.pages.problem import problem_page
from tunesmith.server.pages.routing import ROUTERS
from tunesmith.server.plans import Plans
from tunesmith.server.problems import answer_problems
from tunesmith.server.rates import Rates
from tunesmith.server.reception import Reception
from tunesmith.server.reloading import reload_forever
from tunesmith.server.requests import RequestIds
from tunesmith.server.routes import (
    audit,
    datasets,
    fits,
    indexes,
    judge,
    keys,
    labels,
    models,
    operations,
    use,
    versions,
)
from tunesmith.server.routes.errors import OTHER_ERRORS
from tunesmith.server.services import Services
from tunesmith.server.settings import MEBIBYTE, ServerSettings
from tunesmith.server.stores import Stores, open_stores
from tunesmith.server.tracing import open_tracing, trace_fits_forever
from tunesmith.version import __version__

_log = structlog.get_logger()


def create_app(settings: ServerSettings, stores: Stores | None = None) -> FastAPI:
    """Return the app of a server; what it needs is opened when it starts.

    Parameters
    ----------
    settings
        The settings of the server.
    stores
        Its stores, if they are open already; they are closed with the app.

    Examples
    --------
    >>> create_app(ServerSettings()).title
    'Tunesmith'
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(settings, stores) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="Tunesmith",
        version=__version__,
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        # The server has spans of its own, without paths or texts (`tracing.py`).
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        form_limits={"max_files": 4, "max_fields": 100, "max_part_size": MEBIBYTE},
    )
    # Routes are tried in this order: those that are called most come first.
    app.include_router(use.router)
    for dialect in (cohere, openai, tei):
        app.include_router(dialect.router, responses=OTHER_ERRORS)
    modules = (operations, datasets, versions, labels, fits, models, indexes, judge, keys, audit)
    for module in modules:
        app.include_router(module.router)
    for router in ROUTERS:
        app.include_router(router)
    answer_problems(
        app,
        {
            cohere_routing.PREFIX: cohere_routing.render,
            openai.PREFIX: openai.render,
            tei.PREFIX: tei.render,
        },
        {openai.PREFIX: openai.restate, tei.PREFIX: tei.restate},
        problem_page,
    )
    app.add_middleware(Reception, settings=settings)
    app.add_middleware(Departures)
    app.add_middleware(Compression)
    app.add_middleware(RequestIds, watch=partial(_watch, app))
    return app


def _watch(app: FastAPI, answered: Answered) -> None:
    """Count a request whose answer begins, and record who did what."""
    served: Services = app.state.services
    served.metrics.answered(answered)
    served.audit.add(answered)
    if served.tracing is not None:
        served.tracing.answered(answered)


@asynccontextmanager
async def running(
    settings: ServerSettings, opened: Stores | None = None
) -> AsyncIterator[Services]:
    """Open everything that the routes use, start the workers, and close all of it at the end."""
    tracing = open_tracing()
    stores = opened or open_stores(settings)
    _sweep(stores)
    jobs = Jobs(stores)
    supervisor = Supervisor(stores)
    metrics = Metrics()
    metrics.show_fits(stores.fits.counts)
    load = partial(_load, settings.home)
    inference = Inference(stores.models.place, settings.limits, metrics, load=load)
    audit_log = AuditLog(stores.engine, with_use=settings.audit_use)
    rates = Rates(settings.requests_per_minute)
    # A form must not wait for an evaluation.
    judge, planner = Judge(), Judge()
    services = Services(
        stores=stores,
        jobs=jobs,
        inference=inference,
        audit=audit_log,
        metrics=metrics,
        rates=rates,
        judge=judge,
        maps=Maps(settings.home, judge),
        neighbours=Neighbours(settings.home, MadeFolders(judge)),
        labelling=Labelling(settings.home, judge),
        comparisons=Comparisons(settings.home, judge),
        plans=Plans(settings.home, planner),
        tracing=tracing,
    )
    jobs.add_forgotten()
    supervisor.start()
    await inference.loaded(DEFAULT_BASE)
    outbox = Outbox(stores.engine, stores.fits, settings.notices)
    tasks = [
        asyncio.create_task(deploy_forever(services)),
        asyncio.create_task(notify_forever(outbox)),
    ]
    if settings.reload_models:
        tasks.append(asyncio.create_task(reload_forever(inference)))
    if tracing is not None:
        tasks.append(asyncio.create_task(trace_fits_forever(tracing, stores.fits)))
    try:
        yield services
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await inference.close()
        judge.close()
        planner.close()
        supervisor.stop()
        jobs.close()
        audit_log.close()
        if tracing is not None:
            tracing.close()
        stores.engine.dispose()


def _sweep(stores: Stores) -> None:
    """Remove what a crash has left unfinished; what living processes write stays."""
    folders, parts = stores.files.sweep(), stores.indexes.sweep()
    if folders or parts:
        _log.info("leftovers removed", processes=folders, index_parts=parts)


def _load(home: Home, target: Path | str) -> LoadedModel:
    """Load a model in the home of the server: a thread of a pool has none of its own."""
    with home.active():
        return load_warm(target)
