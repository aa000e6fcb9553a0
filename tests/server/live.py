"""A server that listens on this machine, in a thread of the test."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from tunesmith.server import ServerSettings, create_app
from tunesmith.server.listen import KEEP_ALIVE_SECONDS

_PATIENCE = 120.0


@contextmanager
def running_server(settings: ServerSettings) -> Iterator[str]:
    """Yield the URL of a server that is ready; its port is a free one."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            create_app(settings),
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            backlog=2048,
            access_log=False,
            log_level="warning",
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        _wait(server, thread)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(_PATIENCE)


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not server.started:
        assert thread.is_alive(), "the server ended before it was ready"
        assert time.monotonic() < deadline, "the server is not ready"
        time.sleep(0.05)
