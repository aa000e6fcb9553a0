"""Listen for requests until the process is stopped; requests that run are still answered."""

import logging
import sys

import structlog
import uvicorn

from tunesmith.server.app import create_app
from tunesmith.server.connections import PatientProtocol
from tunesmith.server.settings import ServerSettings

# Clients keep idle connections for some seconds: the server must not be the first to close them.
KEEP_ALIVE_SECONDS = 75
_DRAIN_SECONDS = 30
_WAITING_CONNECTIONS = 2048


def listen(settings: ServerSettings) -> None:
    """Run a server until Ctrl-C or SIGTERM.

    Examples
    --------
    >>> listen(ServerSettings(port=8080))  # doctest: +SKIP
    """
    log_as_json()
    with settings.home.active():
        uvicorn.run(
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
