"""A started server says where it listens, and stops at once although somebody follows a fit."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.error_fields import about
from tests.server.exports import share_exports
from tunesmith.errors import UsageError
from tunesmith.home import Home
from tunesmith.server.address import bound_socket
from tunesmith.server.listen import listen
from tunesmith.server.settings import ServerSettings


def _server(home: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tunesmith", "serve", "--port", "0", "--workers", "0"]
    environment = {**os.environ, "TUNESMITH_HOME": str(home)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment, text=True)


@pytest.mark.slow
@pytest.mark.usefixtures("shared_exports")
def test_a_stream_of_events_ends_when_the_server_stops(tmp_path: Path, examples: Path) -> None:
    """Its client sees a whole answer, and the log has no traceback."""
    share_exports(tmp_path)
    process = _server(tmp_path)
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]
    with httpx.Client(base_url=url, timeout=60) as client:
        with (examples / "tickets.csv").open("rb") as file:
            dataset = client.post("/v1/datasets", files={"file": file}).json()
        fit = client.post("/v1/fits", json={"dataset": dataset["id"]}).json()
        with client.stream("GET", f"/v1/fits/{fit['id']}/events") as stream:
            lines = stream.iter_lines()
            next(lines)
            process.send_signal(signal.SIGTERM)
            list(lines)
    _, errors = process.communicate()
    assert process.returncode in {0, -signal.SIGTERM}
    assert "Traceback" not in errors
    assert "cut off" not in errors


@pytest.mark.slow
@pytest.mark.usefixtures("shared_exports")
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux's /proc")
def test_a_server_loads_no_library_that_trains(tmp_path: Path, examples: Path) -> None:
    """They would take seconds of each start and 300 MB; fits and maps have their own processes."""
    share_exports(tmp_path)
    process = _server(tmp_path)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        with httpx.Client(base_url=url, timeout=60) as client:
            file = {"file": (examples / "tickets.csv").read_bytes()}
            dataset = client.post("/v1/datasets", files=file).json()["id"]
            client.post("/v1/fits", json={"dataset": dataset}).raise_for_status()
            texts = {"model": "all-MiniLM-L6-v2", "texts": ["where is my parcel?"]}
            client.post("/v1/embed", json=texts).raise_for_status()
            for page in ("", f"datasets/{dataset}", "fits", "models", "compare", "settings"):
                client.get(f"/{page}", follow_redirects=True).raise_for_status()
        loaded = Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert "onnxruntime" in loaded
    assert not {name for name in ("torch", "sklearn") if f"/{name}/" in loaded}


def test_an_address_that_cannot_be_used_is_named_before_the_start(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with bound_socket(ServerSettings(home, port=0)) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} is in use", check=about(option="port")):
            listen(ServerSettings(home, port=port))
    with pytest.raises(UsageError, match="cannot listen on", check=about(option="host")):
        listen(ServerSettings(home, host="192.0.2.1"))


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"database": "nonsense"}, "database"),
        ({"database": "mysql://host/name"}, "database"),
        ({"database": "postgresql://nobody:secret@127.0.0.1:1/name"}, "database"),
        ({"files": "nonsense://x"}, "files"),
    ],
)
def test_what_cannot_be_opened_is_named_before_the_start(
    given: dict[str, str], option: str, tmp_path: Path
) -> None:
    """The option, without the password."""
    with pytest.raises(UsageError, check=about(option=option)) as raised:
        listen(ServerSettings(Home(tmp_path), **given))  # type: ignore[arg-type]  # all are strings
    assert "secret" not in str(raised.value)
