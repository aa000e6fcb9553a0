"""``tunesmith ui`` opens the pages of a server, which it starts unless one runs already."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server.exports import share_exports
from tests.waiting import until

pytestmark = pytest.mark.slow


COMMAND = [sys.executable, "-m", "tunesmith", "ui"]


@contextmanager
def running_ui(home: Path) -> Iterator[str]:
    """Run the command in a home without a server; yield the address that it prints."""
    command = [*COMMAND, "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=_environ(home), text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def address_of_running(home: Path, *options: str) -> str:
    """Run the command in a home with a server, where it ends by itself; return what it names."""
    command = [*COMMAND, *options]
    ended = subprocess.run(
        command, stdout=subprocess.PIPE, env=_environ(home), text=True, check=True
    )
    return ended.stdout.split()[-1]


def _environ(home: Path) -> dict[str, str]:
    return {**os.environ, "TUNESMITH_HOME": str(home), "BROWSER": browser(home)}


def browser(home: Path) -> str:
    """Return a program that writes the address which it should open to a file."""
    program = home / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" >> {home / "opened"}\n', encoding="utf-8")
    program.chmod(0o755)
    return f"{program} %s"


def opened(home: Path) -> list[str]:
    path = home / "opened"
    return path.read_text(encoding="utf-8").split() if path.exists() else []


@pytest.mark.usefixtures("shared_exports")
def test_one_server_is_opened_again(tmp_path: Path) -> None:
    share_exports(tmp_path)
    with running_ui(tmp_path) as address:
        assert address.startswith("http://127.0.0.1:")
        until(lambda: opened(tmp_path) == [address])  # it is printed before it is opened
        assert address_of_running(tmp_path) == address
        assert opened(tmp_path) == [address, address]
        assert address_of_running(tmp_path, "--no-open") == address
        assert len(opened(tmp_path)) == 2
    assert not (tmp_path / "server" / "address.json").exists()
