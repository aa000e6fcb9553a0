"""The files in deploy/ use commands and options that exist; the image is built if Docker runs."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from tunesmith.cli.app import app

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"


def commands() -> list[list[str]]:
    """Return the commands of the unit, the image and the services, after ``tunesmith``."""
    unit = (DEPLOY / "tunesmith.service").read_text(encoding="utf-8")
    start = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()[-1]
    found = [shlex.split(start)[1:], yaml.safe_load(image.removeprefix("CMD "))[1:]]
    return [
        *found,
        *(service["command"][1:] for service in services.values() if "command" in service),
    ]


@pytest.mark.parametrize("command", commands(), ids=lambda command: command[0])
def test_commands_and_options_exist(command: list[str]) -> None:
    """A command with all of its options shows its help; an unknown one ends in an error."""
    answer = CliRunner().invoke(app, [*command, "--help"])
    options = {word.partition("=")[0] for word in command if word.startswith("--")}
    assert answer.exit_code == 0
    assert all(option in answer.output for option in options)


@pytest.mark.slow
def test_the_image_is_built() -> None:
    if shutil.which("docker") is None:
        pytest.skip("Docker is not installed")
    if subprocess.run(["docker", "info"], check=False, capture_output=True).returncode != 0:
        pytest.skip("the Docker daemon does not run, so the image is not built")
    command = ["docker", "build", "-f", str(DEPLOY / "Dockerfile"), "-q", str(DEPLOY.parent)]
    assert subprocess.run(command, check=False).returncode == 0
