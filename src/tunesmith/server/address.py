"""Where the server of a home listens: recorded while it runs, so that others find it."""

import errno
import json
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from tunesmith.errors import UsageError
from tunesmith.server.settings import ServerSettings

_SECONDS = 5.0
_EVERYWHERE = {"http://0.0.0.0:": "http://127.0.0.1:", "http://[::]:": "http://[::1]:"}


def record_address(settings: ServerSettings, address: str) -> None:
    """Record that this process answers at an address.

    Examples
    --------
    >>> record_address(ServerSettings(), "http://127.0.0.1:1")
    >>> running_address(ServerSettings()) is None    # nothing answers there
    True
    """
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"address": address, "process": os.getpid()}
    path.write_text(json.dumps(record), encoding="utf-8")


def forget_address(settings: ServerSettings) -> None:
    """Remove the record of this process; that of another one stays."""
    if _record(settings).get("process") == os.getpid():
        _path(settings).unlink(missing_ok=True)


def running_address(settings: ServerSettings) -> str | None:
    """Return the address of the server that runs in a home; None if none answers.

    Examples
    --------
    >>> running_address(ServerSettings())    # the address of a running server  # doctest: +SKIP
    'http://127.0.0.1:8080'
    """
    record = _record(settings)
    if not record or not _lives(int(record["process"])):
        return None
    address = str(record["address"])
    for every, own in _EVERYWHERE.items():
        address = address.replace(every, own)
    with suppress(httpx.HTTPError, ValueError):
        answer = httpx.get(f"{address}/health", timeout=_SECONDS, trust_env=False)
        if answer.json().get("status") == "alive":
            return address
    return None


def free_port(settings: ServerSettings) -> int:
    """Return the port of the settings if nothing listens on it; otherwise 0, for any free one.

    Examples
    --------
    >>> free_port(ServerSettings(port=0))
    0
    """
    with suppress(UsageError), bound_socket(settings):
        return settings.port
    return 0


def bound_socket(settings: ServerSettings) -> socket.socket:
    """Return a socket at the address of the settings, which does not listen yet.

    Raises
    ------
    UsageError
        The port is in use, or the address cannot be used.

    Examples
    --------
    >>> with bound_socket(ServerSettings(port=0)) as found:
    ...     found.getsockname()[0]
    '127.0.0.1'
    """
    found = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((settings.host, settings.port))
    except OSError as error:
        found.close()
        raise _unusable(settings, error) from error
    return found


def _unusable(settings: ServerSettings, error: OSError) -> UsageError:
    if error.errno == errno.EADDRINUSE:
        return UsageError(
            f"port {settings.port} is in use on {settings.host}",
            hint="choose another `port`, or stop the program that listens there",
            option="port",
        )
    if error.errno == errno.EACCES:
        return UsageError(
            f"this user may not listen on port {settings.port}",
            hint="give a `port` from 1024 on",
            option="port",
        )
    return UsageError(
        f"this machine cannot listen on {settings.host!r} ({error.strerror})",
        hint="give one of its own addresses: 127.0.0.1, or 0.0.0.0 for all of them",
        option="host",
    )


def _record(settings: ServerSettings) -> dict[str, Any]:
    try:
        found = json.loads(_path(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and {"address", "process"} <= found.keys() else {}


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _path(settings: ServerSettings) -> Path:
    return settings.folder / "address.json"
