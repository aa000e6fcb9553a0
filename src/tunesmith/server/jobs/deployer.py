"""Make finished fits ready: load each model and compute a first vector before it is called so."""

import asyncio

import structlog
from fastapi.concurrency import run_in_threadpool

from tunesmith.errors import TunesmithError
from tunesmith.server.fits import Status, StoredFit
from tunesmith.server.services import Services

_LOOK_SECONDS = 0.3
_log = structlog.get_logger()


async def deploy_forever(served: Services) -> None:
    """Deploy each fit that is finished, until the task is cancelled."""
    while True:
        for fit in await run_in_threadpool(served.fits.all, [Status.DEPLOYING]):
            await _deploy(served, fit)
        await asyncio.sleep(_LOOK_SECONDS)


async def _deploy(served: Services, fit: StoredFit) -> None:
    try:
        await served.inference.loaded(fit.id)
    except TunesmithError as error:
        await run_in_threadpool(served.fits.move, fit.id, Status.FAILED, error=error.to_dict())
        _log.error("model cannot be served", fit=fit.id, code=error.code)
        return
    await run_in_threadpool(served.fits.move, fit.id, Status.READY)
    _log.info("model ready", fit=fit.id)
