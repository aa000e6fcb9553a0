"""The command line with --server: the same output as on this machine."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import structlog
from typer.testing import Result

from tests.server.conftest import live_home, live_server, live_trainer
from tunesmith.cli.app import COMMANDS
from tunesmith.cli.server import REMOTE

__all__ = ["live_home", "live_server", "live_trainer"]
Run = Callable[..., Result]
BASE = "all-MiniLM-L6-v2"
NAMES = [name for panel in COMMANDS.values() for name in panel]


@pytest.fixture(autouse=True)
def silent_server() -> Iterator[None]:
    """The server runs in this process: its log would be part of a command's output."""
    level = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=level)
    yield
    structlog.reset_defaults()


def both(run: Run, server: str, *words: str) -> tuple[str, str]:
    """The output of a command on the server and on this machine."""
    remote, local = run("--server", server, *words), run(*words)
    assert remote.exit_code == local.exit_code == 0, remote.output + remote.stderr
    return remote.stdout, local.stdout


@pytest.mark.parametrize("name", [name for name in NAMES if name not in REMOTE])
def test_other_commands_are_refused(run: Run, name: str) -> None:
    """Before they do anything, whether the server comes from the option or the environment."""
    given = run("--server", "http://127.0.0.1:1", name)
    assert given.exit_code == 2
    assert "does not work with --server" in given.stderr
    assert run(name, env={"TUNESMITH_SERVER": "http://127.0.0.1:1"}).stderr == given.stderr


def test_a_server_that_is_not_there(run: Run) -> None:
    given = run("--server", "127.0.0.1:1", "models")
    assert given.exit_code == 2
    assert "http://127.0.0.1:8080" in given.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("common_home")
@pytest.mark.parametrize(
    "words",
    [
        ("similarity", BASE, "late parcel", "my parcel is late"),
        ("similarity", BASE, "examples/scored_pairs.csv"),
        ("search", BASE, "refund", "--corpus", "examples/texts.txt", "-k", "3"),
    ],
)
def test_the_output_is_that_of_this_machine(
    run: Run, live_server: str, words: tuple[str, ...]
) -> None:
    """To the digits that are shown; files give more digits than two machines share."""
    remote, local = both(run, live_server, *words)
    assert [line.split(",")[:2] for line in remote.splitlines()] == [
        line.split(",")[:2] for line in local.splitlines()
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("common_home")
def test_embed(run: Run, live_server: str, tmp_path: Path) -> None:
    """Texts, and a file of any size."""
    remote, local = both(run, live_server, "embed", BASE, "late parcel")
    vectors = [json.loads(each)["vector"] for each in (remote, local)]
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)
    for name, options in (("a.npy", ["--server", live_server]), ("b.npy", [])):
        words = ["embed", BASE, "examples/texts.txt", "-o", str(tmp_path / name)]
        assert run(*options, *words).exit_code == 0
    found = [np.load(tmp_path / name) for name in ("a.npy", "b.npy")]
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.usefixtures("common_home")
def test_a_fit_on_a_server(run: Run, live_trainer: str, few_tickets: Path, tmp_path: Path) -> None:
    """Its model is listed, shown, downloaded, and used for texts and files."""
    on = ("--server", live_trainer)
    folder = tmp_path / "model"
    options = ["--budget", "5s", "--cross-validate", "off", "-o", str(folder)]
    fitted = run(*on, "fit", str(few_tickets), *options)
    assert fitted.exit_code == 0, fitted.output
    for part in ("Candidates", "Output", "Next steps", f"tunesmith --server {live_trainer} "):
        assert part in fitted.stdout
    listed = json.loads(run(*on, "models", "--json").stdout)["models"]
    model = listed[0]["id"]
    assert model in run(*on, "models").stdout
    assert "Candidates" in run(*on, "show", model).stdout
    assert json.loads(run(*on, "show", model, "--json").stdout)["id"] == model
    for words in (["my card was late", "login broken"], [str(few_tickets)]):
        remote = run(*on, "classify", model, *words)
        local = run("classify", str(folder), *words)
        assert remote.exit_code == local.exit_code == 0, remote.output
        assert [line.split()[:5] for line in remote.stdout.splitlines()[:1]] == [
            line.split()[:5] for line in local.stdout.splitlines()[:1]
        ]
        assert len(remote.stdout.splitlines()) == len(local.stdout.splitlines())
