"""The app: routes, error answers and background tasks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.home import Home
from tunesmith.models.serving import LoadedModel
from tunesmith.server.dialects import openai, tei
from tunesmith.server.dialects.cohere import router as cohere
from tunesmith.server.dialects.cohere import routing as cohere_routing
from tunesmith.server.inference import Inference, Limits
from tunesmith.server.inference.loading import load_warm
from tunesmith.server.jobs.deployer import deploy_forever
from tunesmith.server.jobs.queue import Jobs
from tunesmith.server.jobs.supervisor import Supervisor
from tunesmith.server.notices.outbox import Outbox, notify_forever
from tunesmith.server.problems import answer_problems
from tunesmith.server.requests import RequestIds
from tunesmith.server.routes import datasets, fits, models, operations, use
from tunesmith.server.services import Services
from tunesmith.server.settings import ServerSettings
from tunesmith.server.stores import open_stores
from tunesmith.version import __version__


def create_app(settings: ServerSettings) -> FastAPI:
    """Return the app of a server; what it needs is opened when it starts.

    Examples
    --------
    >>> create_app(ServerSettings()).title
    'Tunesmith'
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(settings) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="Tunesmith",
        version=__version__,
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        max_body_size=settings.body_bytes,
    )
    for module in (operations, datasets, fits, models, use, cohere, openai, tei):
        app.include_router(module.router)
    answer_problems(
        app,
        {
            cohere_routing.PREFIX: cohere_routing.render,
            openai.PREFIX: openai.render,
            tei.PREFIX: tei.render,
        },
        {openai.PREFIX: openai.restate, tei.PREFIX: tei.restate},
    )
    app.add_middleware(RequestIds)
    return app


@asynccontextmanager
async def running(settings: ServerSettings) -> AsyncIterator[Services]:
    """Open everything that the routes use, start the workers, and close all of it at the end."""
    stores = open_stores(settings)
    jobs = Jobs(stores)
    supervisor = Supervisor(stores)
    inference = Inference(stores.models.place, Limits(), load=partial(_load, settings.home))
    services = Services(stores, jobs, inference)
    jobs.add_forgotten()
    supervisor.start()
    await inference.loaded(DEFAULT_BASE)
    outbox = Outbox(stores.engine, stores.fits, settings.notices)
    tasks = [
        asyncio.create_task(deploy_forever(services)),
        asyncio.create_task(notify_forever(outbox)),
    ]
    try:
        yield services
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await inference.close()
        supervisor.stop()
        jobs.close()
        stores.engine.dispose()


def _load(home: Home, target: Path | str) -> LoadedModel:
    """Load a model in the home of the server: a thread of a pool has none of its own."""
    with home.active():
        return load_warm(target)
