"""The address of a running server is found by others; a stale record is not."""

import json
import socket
from pathlib import Path

import pytest

from tunesmith.home import Home
from tunesmith.server.address import forget_address, free_port, record_address, running_address
from tunesmith.server.settings import ServerSettings


@pytest.fixture
def settings(tmp_path: Path) -> ServerSettings:
    """Settings of a server in an empty home."""
    return ServerSettings(Home(tmp_path))


def test_without_a_record_nothing_runs(settings: ServerSettings) -> None:
    assert running_address(settings) is None
    forget_address(settings)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"address": "x"}', "\udcff"])
def test_a_broken_record_is_none(settings: ServerSettings, text: str) -> None:
    settings.folder.mkdir(parents=True)
    content = text.encode("utf-8", "surrogateescape")
    (settings.folder / "address.json").write_bytes(content)
    assert running_address(settings) is None


def test_a_record_of_a_dead_process_is_none(settings: ServerSettings) -> None:
    settings.folder.mkdir(parents=True)
    record = {"address": "http://127.0.0.1:1", "process": 2**22 + 1}
    (settings.folder / "address.json").write_text(json.dumps(record), encoding="utf-8")
    assert running_address(settings) is None
    forget_address(settings)
    assert (settings.folder / "address.json").exists()  # it is that of another process


def test_something_else_at_the_address_is_none(settings: ServerSettings) -> None:
    record_address(settings, "http://127.0.0.1:1")
    assert running_address(settings) is None
    forget_address(settings)
    assert not (settings.folder / "address.json").exists()


def test_a_port_in_use_is_not_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(ServerSettings(port=port)) == 0
    assert free_port(ServerSettings(port=port)) == port
