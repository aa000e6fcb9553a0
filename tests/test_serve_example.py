"""``make serve`` uses the server that it starts, and no other."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.server.ports import free_port

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "serve_example.py"


@pytest.fixture
def other() -> Iterator[tuple[int, list[str]]]:
    """The port of another server that answers everything, and what it was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_given: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, asked
        server.shutdown()
        thread.join()


@pytest.mark.slow
def test_a_port_in_use_is_named_and_nothing_is_uploaded(
    other: tuple[int, list[str]], tmp_path: Path
) -> None:
    port, asked = other
    environment = {**os.environ, "PORT": str(port), "TUNESMITH_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    assert f"port {port} is in use: set PORT to another one" in done.stderr
    assert set(asked) == {"/health"}


@pytest.mark.long
def test_the_server_ends_with_the_script(tmp_path: Path) -> None:
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "TUNESMITH_HOME": str(tmp_path)}
    script = subprocess.Popen(
        [sys.executable, str(SCRIPT)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert script.stdout is not None
    next(line for line in script.stdout if "listens on" in line)
    script.terminate()
    script.communicate()  # until nobody has the pipe open, the server included
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
