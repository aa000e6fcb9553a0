"""Listen for requests until the process is stopped; requests that run are still answered."""

import logging
import sys
from socket import socket
from types import FrameType

import structlog
import uvicorn

from tunesmith.errors import UnknownModel
from tunesmith.server.app import create_app
from tunesmith.server.connections import PatientProtocol
from tunesmith.server.settings import ServerSettings
from tunesmith.server.stores import open_stores
from tunesmith.version import __version__

# Clients keep idle connections for some seconds: the server must not be the first to close them.
KEEP_ALIVE_SECONDS = 75
_DRAIN_SECONDS = 30
_WAITING_CONNECTIONS = 2048
_log = structlog.get_logger()


def listen(settings: ServerSettings) -> None:
    """Run a server until Ctrl-C or SIGTERM.

    Raises
    ------
    UsageError
        The database or the storage of files cannot be opened.

    Examples
    --------
    >>> listen(ServerSettings(port=8080))  # doctest: +SKIP
    """
    log_as_json()
    with settings.home.active():
        _check(settings)
        config = uvicorn.Config(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
            backlog=_WAITING_CONNECTIONS,
            http=PatientProtocol,
            access_log=False,
            server_header=False,
            log_level="warning",
        )
        _Server(config).run()


def _check(settings: ServerSettings) -> None:
    """Say what is wrong with the settings before anything runs."""
    stores = open_stores(settings)
    try:
        stores.models.place(settings.tei_model)
    except UnknownModel as error:  # the model may be on its way
        _log.warning("tei-model-unknown", model=settings.tei_model, hint=error.hint)
    finally:
        stores.engine.dispose()


class _Server(uvicorn.Server):
    """Prints its address, and ends streams of events as soon as it is asked to stop."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, and print the address."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            print(f"Tunesmith {__version__} listens on http://{shown}:{port}", flush=True)  # noqa: T201

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
