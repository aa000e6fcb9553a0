"""``tunesmith ui`` opens the pages of a server, which it starts unless one runs already."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server.exports import share_exports

pytestmark = pytest.mark.slow


@contextmanager
def running_ui(home: Path, *options: str) -> Iterator[str]:
    """Run the command in a home; yield the address that it prints."""
    environment = {**os.environ, "TUNESMITH_HOME": str(home), "BROWSER": browser(home)}
    command = [sys.executable, "-m", "tunesmith", "ui", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


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
    with running_ui(tmp_path, "--port", "0") as address:
        assert address.startswith("http://127.0.0.1:")
        with running_ui(tmp_path) as again:
            assert again == address
        while len(opened(tmp_path)) < 2:  # the browser is a process of its own
            time.sleep(0.05)
        assert opened(tmp_path) == [address, address]
        with running_ui(tmp_path, "--no-open") as again:
            assert again == address
        assert len(opened(tmp_path)) == 2
    assert not (tmp_path / "server" / "address.json").exists()
