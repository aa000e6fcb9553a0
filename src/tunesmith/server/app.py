"""The app: routes, errors and what runs beside them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.server.inference import Inference, Limits
from tunesmith.server.jobs.deployer import deploy_forever
from tunesmith.server.jobs.queue import Jobs
from tunesmith.server.jobs.supervisor import Supervisor
from tunesmith.server.problems import answer_problems
from tunesmith.server.requests import RequestIds
from tunesmith.server.routes import datasets, fits, indexes, judge, models, operations, use
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
    for module in (operations, datasets, fits, models, use, indexes, judge):
        app.include_router(module.router)
    answer_problems(app, {})
    app.add_middleware(RequestIds)
    return app


@asynccontextmanager
async def running(settings: ServerSettings) -> AsyncIterator[Services]:
    """Open everything that the routes use, start the workers, and close all of it at the end."""
    stores = open_stores(settings)
    jobs = Jobs(stores)
    supervisor = Supervisor(stores)
    inference = Inference(stores.models.place, Limits())
    services = Services(stores, jobs, inference)
    jobs.add_forgotten()
    supervisor.start()
    await inference.loaded(DEFAULT_BASE)
    deploying = asyncio.create_task(deploy_forever(services))
    try:
        yield services
    finally:
        deploying.cancel()
        with suppress(asyncio.CancelledError):
            await deploying
        await inference.close()
        supervisor.stop()
        jobs.close()
        stores.engine.dispose()
