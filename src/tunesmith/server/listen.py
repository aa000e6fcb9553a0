"""Listen for requests until the process is stopped; requests that run are still answered."""

import logging
import sys
from collections.abc import Callable
from socket import socket
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from tunesmith.errors import UnknownModel
from tunesmith.server.address import bound_socket, forget_address, record_address
from tunesmith.server.app import create_app
from tunesmith.server.connections import PatientProtocol
from tunesmith.server.settings import ServerSettings
from tunesmith.server.stores import Stores, open_stores
from tunesmith.version import __version__

# Clients keep idle connections for some seconds: the server must not be the first to close them.
KEEP_ALIVE_SECONDS = 75
_DRAIN_SECONDS = 30
_WAITING_CONNECTIONS = 2048
_log = structlog.get_logger()


def listen(settings: ServerSettings, on_start: Callable[[str], None] | None = None) -> None:
    """Run a server until Ctrl-C or SIGTERM.

    Parameters
    ----------
    settings
        The settings of the server.
    on_start
        Function that receives the address once the server listens.

    Raises
    ------
    UsageError
        The database or the storage of files cannot be opened, or the address is in use.

    Examples
    --------
    >>> listen(ServerSettings(port=8080))  # doctest: +SKIP
    """
    log_as_json()
    with settings.home.active():
        stores = open_stores(settings)  # what cannot be opened is said before anything runs
        with bound_socket(settings) as address:
            _warn(stores)
            config = _config(create_app(settings, stores))
            _Server(config, settings, on_start).run([address])


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        backlog=_WAITING_CONNECTIONS,
        http=PatientProtocol,
        access_log=False,
        server_header=False,
        log_level="warning",
    )


def _warn(stores: Stores) -> None:
    """Say which settings name what is not there; it may be on its way."""
    name = stores.settings.tei_model
    try:
        stores.models.place(name)
    except UnknownModel as error:
        _log.warning("tei-model-unknown", model=name, hint=error.hint)


class _Server(uvicorn.Server):
    """Says and records its address, and ends streams of events as soon as it is asked to stop."""

    def __init__(
        self,
        config: uvicorn.Config,
        settings: ServerSettings,
        on_start: Callable[[str], None] | None,
    ) -> None:
        super().__init__(config)
        self._settings, self._on_start = settings, on_start

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, and print the address."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            address = f"http://{shown}:{port}"
            print(f"Tunesmith {__version__} listens on {address}", flush=True)  # noqa: T201
            record_address(self._settings, address)
            if self._on_start is not None:
                self._on_start(address)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop; after this, uvicorn raises the signal again, which ends the process."""
        await super().shutdown(sockets)
        forget_address(self._settings)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        services = getattr(self.config.app.state, "services", None)  # type: ignore[union-attr]  # FastAPI
        if services is not None:
            services.stopping.set()
        super().handle_exit(sig, frame)


def log_as_json() -> None:
    """Write a line of JSON for each event to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
