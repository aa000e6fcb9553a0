"""Every limit that messages and docs name is an option of ``tunesmith serve``."""

from dataclasses import replace

import pytest

from tests.cli.conftest import Run
from tunesmith import server
from tunesmith.server.inference import Limits


@pytest.fixture
def listened(monkeypatch: pytest.MonkeyPatch) -> list[server.ServerSettings]:
    """The settings of the servers that would have been started."""
    found: list[server.ServerSettings] = []
    monkeypatch.setattr(server, "listen", found.append, raising=False)
    return found


def test_the_defaults_are_those_of_the_settings(
    run: Run, listened: list[server.ServerSettings]
) -> None:
    assert run("serve").exit_code == 0
    assert listened == [server.ServerSettings()]


def test_limits_are_set(run: Run, listened: list[server.ServerSettings]) -> None:
    options = {
        "--upload-bytes": "10",
        "--upload-rows": "11",
        "--upload-seconds": "12",
        "--body-bytes": "13",
        "--memory-bytes": "14",
        "--queue-tokens": "1000000",
        "--dialect-budget": "90s",
        "--tei-model": "support",
    }
    run("serve", *(word for pair in options.items() for word in pair))
    expected = replace(
        server.ServerSettings(),
        upload_bytes=10,
        upload_rows=11,
        upload_seconds=12.0,
        body_bytes=13,
        limits=Limits(memory_bytes=14, queue_tokens=1_000_000),
        dialect_budget=90.0,
        tei_model="support",
    )
    assert listened == [expected]
