"""Where the server of a home listens: recorded while it runs, so that others find it."""

import json
import os
import socket
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx

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
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            return 0
    return settings.port


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
